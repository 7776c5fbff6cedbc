// How a recorder starts and ends: it notes how it was called, and says plainly what it does not know.
import { recordCall } from '../state.ts'

export interface Call {
  readonly root: string
  readonly args: readonly string[]
}

export function beginCall(name: string): Call {
  const root = process.env.RENDERED_HOST
  if (root === undefined) throw new Error('RENDERED_HOST: not set, wanted the folder of a rendered host')
  const args = process.argv.slice(2)
  recordCall(root, [name, ...args])
  return { root, args }
}

export function endCall(code: number, stdout = '', stderr = ''): never {
  if (stdout !== '') process.stdout.write(`${stdout}\n`)
  if (stderr !== '') process.stderr.write(`${stderr}\n`)
  process.exit(code)
}

export function notKnown(name: string, args: readonly string[]): never {
  return endCall(64, '', `${name} of the rendered host does not know: ${args.join(' ')}`)
}
