// Questions to the person, on a terminal alone.
import { createInterface } from 'node:readline/promises'
import { Refused } from '../invoke.ts'

/** @throws Refused without a yes */
export async function agree(isAgreed: boolean | undefined, question = 'Go on?'): Promise<void> {
  if (isAgreed) return
  if (!process.stdin.isTTY) throw new Refused('found no terminal to ask, wanted a yes: --yes')
  const prompt = createInterface({ input: process.stdin, output: process.stderr })
  const answer = await prompt.question(`${question} [y/N] `)
  prompt.close()
  if (!/^y(es)?$/i.test(answer.trim())) throw new Refused('nothing was touched')
}
