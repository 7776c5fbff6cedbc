// How a command line is carried out, and how it ends: 0, 1, or 2 for what the person can mend; with --json as one object.
import { type Command, CommanderError } from 'commander'
import { plainLines } from '../../functions/lib/domain/plain-text.ts'
import { LOG_IN, lacksCredentials } from '../credentials.ts'
import { aimAt, Refused } from '../invoke.ts'
import { counting } from './paper.ts'
import type { Answer, Run, Scene, Words } from './scene.ts'

/** Text that others chose may stand in it. */
export const warn = (text: string): void => void process.stderr.write(`${plainLines(text)}\n`)

/** Reads the words and does what they say. */
export async function typedIn(program: Command, argv: readonly string[]): Promise<void> {
  try {
    refuseKept(argv)
    await program.parseAsync([...argv], { from: 'user' })
  } catch (error) {
    const [command, json] = [argv.find((word) => !word.startsWith('-')) ?? 'edge', argv.includes('--json')]
    if (!(error instanceof CommanderError)) return ended(command, json, error as Error)
    // Commander has printed its sentence, or the help, which is no error.
    process.exitCode = error.exitCode === 0 ? 0 : 2
    if (json && error.exitCode !== 0) print([JSON.stringify({ command, code: 2, error: error.message })])
  }
}

/** Flags that npm keeps for itself where the dashes before them were forgotten: npm start --keep. Of --local it leaves no trace. */
const KEPT = ['keep', 'rendered', 'door', 'evidence', 'stage', 'region', 'patience', 'for', 'quick']

/** @throws Refused */
function refuseKept(argv: readonly string[], env = process.env): void {
  const flag = env.npm_lifecycle_event && KEPT.find((name) => env[`npm_config_${name}`] !== undefined)
  if (flag && !argv.includes(`--${flag}`))
    throw new Refused(
      `npm kept --${flag} for itself: write -- before the first flag, or in the place of npm run: ./edge`,
    )
}

/** Of a command that asks AWS, or the local cloud. */
export async function carryOut(name: string, words: Words, load: () => Promise<Run>): Promise<void> {
  const json = words.json === true
  const waiting = counting()
  try {
    if (words.local && (words.stage ?? words.region) !== undefined)
      throw new Refused('--local: found --stage or --region beside it, wanted neither: the local cloud has its own')
    const { local = false, stage = 'prod', region, sites } = words
    const place = await aimAt({ local, stage, region, sites }, warn)
    const tell = (line: string) => {
      waiting.clear()
      if (!json) console.log(plainLines(line))
    }
    const scene: Scene = { ...place, words, json, tell }
    const { code, screen = [], value = {} } = await (await load())(scene)
    waiting.end()
    print(json ? [JSON.stringify({ command: name, code, ...value })] : screen)
    process.exitCode = code
  } catch (error) {
    waiting.end()
    ended(name, json, error as Error)
  }
}

const print = (lines: Answer['screen'] & {}): void => {
  for (const line of lines) console.log(line)
}

function ended(command: string, json: boolean, error: Error): void {
  const unknown = lacksCredentials(error)
  const code = unknown || error instanceof Refused ? 2 : 1
  const text = `${reachable(error)}${unknown ? `\n${LOG_IN}` : ''}`
  warn(text)
  if (json) print([JSON.stringify({ command, code, error: plainLines(text) })])
  process.exitCode = code
}

function reachable(error: Error): string {
  const { code } = error as NodeJS.ErrnoException
  if (code !== 'ECONNREFUSED' && code !== 'ENOTFOUND') return error.message || error.name
  return `${error.message}: nothing answers there; is the local cloud going down, or AWS not reachable from here?`
}
