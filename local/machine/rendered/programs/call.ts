// A call of a recorder: which host, which words; and its end: code and what it prints.
import { type HostState, readState, writeState } from '../state.ts'

export interface Reply {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Thrown by a recorder to end its call. */
export class Ended extends Error {
  readonly reply: Reply

  constructor(reply: Reply) {
    super(`ended with ${reply.code}`)
    this.reply = reply
  }
}

export class Call {
  readonly root: string
  readonly program: string
  readonly args: readonly string[]

  constructor(root: string, program: string, args: readonly string[]) {
    this.root = root
    this.program = program
    this.args = args
  }

  get state(): HostState {
    return readState(this.root)
  }

  change(change: (state: HostState) => HostState): void {
    writeState(this.root, change(this.state))
  }

  /** Ends the call with these lines. */
  end(code: number, stdout = '', stderr = ''): never {
    const line = (text: string): string => (text === '' ? '' : `${text}\n`)
    throw new Ended({ code, stdout: line(stdout), stderr: line(stderr) })
  }

  /** A rendered host must not pass over what a real one would act on. */
  notKnown(): never {
    return this.end(64, '', `${this.program} of the rendered host does not know: ${this.args.join(' ')}`)
  }
}

/** A recorder: returning is exit code 0 with nothing printed. */
export type Program = (call: Call) => void
