// Questions to the person, on a terminal alone.
import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { Refused } from '../invoke.ts'

/** @throws Refused without a yes */
export async function agree(isAgreed: boolean | undefined, question = 'Go on?'): Promise<void> {
  if (isAgreed) return
  if (!process.stdin.isTTY) throw new Refused('found no terminal to ask, wanted a yes: --yes')
  if (!(await agreed(question))) throw new Refused('nothing was touched')
}

/** False without a terminal. */
export async function agreed(question: string): Promise<boolean> {
  if (!process.stdin.isTTY) return false
  const prompt = createInterface({ input: process.stdin, output: process.stderr })
  const answer = await prompt.question(`${question} [y/N] `)
  prompt.close()
  return /^y(es)?$/i.test(answer.trim())
}

/** A value that nobody shall see: typed without an echo, or all of standard input without the end of its last line. */
export async function hidden(question: string): Promise<string> {
  if (!process.stdin.isTTY) return (await text(process.stdin)).replace(/\r?\n$/, '')
  process.stderr.write(question)
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  const prompt = createInterface({ input: process.stdin, output: nowhere, terminal: true })
  const value = await prompt.question('')
  prompt.close()
  process.stderr.write('\n')
  return value
}
