// The words of the command line.
import { parseArgs } from 'node:util'

export const USAGE = `npm start -- [options]
  --keep       stay up after the run and take commands: start, stop, status, diagnose, break, mend, resync, help, quit
  --rendered   use a folder for each host, even if real machines are possible
  --yes        install missing Debian packages without asking
  --door       the stack with a door, and a visit through it at the end, from asleep to the page
  --verbose    also show each call, each query, and the evidence for each hop
  --help       this text`

export interface Options {
  readonly keep: boolean
  readonly rendered: boolean
  readonly yes: boolean
  readonly door: boolean
  readonly verbose: boolean
  readonly help: boolean
}

/** @throws Error with the usage when a word is not known */
export function readOptions(words: readonly string[]): Options {
  const flag = { type: 'boolean', default: false } as const
  try {
    const options = { keep: flag, rendered: flag, yes: flag, door: flag, verbose: flag, help: flag }
    return parseArgs({ args: [...words], options, allowPositionals: false }).values
  } catch (error) {
    throw new Error(`${(error as Error).message}\n${USAGE}`)
  }
}
