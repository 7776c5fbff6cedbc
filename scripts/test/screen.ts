// What a run of the tests shows: on a terminal one line that moves, elsewhere one line when a level ends; each failure in full, and
// at the end where the time went. The last line counts passed and failed.
import { globSync, readFileSync } from 'node:fs'
import { relative } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import type { Ended } from './jest.ts'
import type { Level, Obstacle } from './levels.ts'

export interface LevelOutcome {
  readonly level: Level
  passed: number
  failed: number
  /** Milliseconds since the epoch. */
  began?: number
  ended?: number
  skipped?: string
  /** Test files: in all, under way, and done. */
  readonly files: number
  running: number
  done: number
}

/** Files of the folder `host` that run in the level `debian13`. With LONG=true they run in both levels. */
const DEBIAN13: readonly string[] = JSON.parse(readFileSync(new URL('debian13.json', import.meta.url), 'utf8'))

export const blank = (level: Level): LevelOutcome => ({
  ...{ level, passed: 0, failed: 0, running: 0, done: 0 },
  files: level === 'debian13' ? DEBIAN13.length : filesOf(level).length,
})

/** As jest.config.js chooses them. */
function filesOf(level: Level): string[] {
  const files = globSync(`test/${level}/**/*.test.ts`)
  return process.env.LONG === 'true'
    ? files
    : files.filter((file) => !file.endsWith('.long.test.ts') && !DEBIAN13.includes(file))
}

export function count(outcome: LevelOutcome, { passed, failed }: Ended): void {
  outcome.passed += passed
  outcome.failed += failed
  outcome.running--
  outcome.done++
  outcome.ended = Date.now()
}

const isTerminal = process.stdout.isTTY === true

export function showObstacle({ levels, reason, remedies }: Obstacle): void {
  say(`will not run here: ${levels.join(', ')}: ${reason}`)
  for (const remedy of remedies) say(`  ${remedy}`)
}

/** @param expected seconds of the last such run, if there was one */
export function progress(outcomes: readonly LevelOutcome[], seconds: number, expected?: number): void {
  if (!isTerminal) return
  const run = outcomes.filter(({ skipped }) => !skipped)
  const sum = (field: 'failed' | 'done' | 'files') => run.reduce((all, one) => all + one[field], 0)
  const time = `${seconds.toFixed(0)} s${expected ? ` of about ${expected.toFixed(0)}` : ''}`
  const failed = sum('failed') > 0 ? `, ${sum('failed')} tests failed` : ''
  const now = run.filter(({ running }) => running > 0).map(({ level, done, files }) => `${level} ${done}/${files}`)
  const line = `${time}  ${sum('done')} of ${sum('files')} files${failed}  ${now.join('  ')}`
  process.stdout.write(`\r\x1b[K${line.slice(0, (process.stdout.columns ?? 80) - 1)}`)
}

/** A whole line, also while another one moves. */
export function say(text: string): void {
  console.log(isTerminal ? `\r\x1b[K${text}` : text)
}

export function showFailure({ level, file, message, printed }: Ended): void {
  say(`\nFAILED at ${level}: ${relative(process.cwd(), file)}\n${message.trimEnd()}`)
  if (printed.length > 0) say(`  it printed:\n${printed.map((text) => `    ${text.trimEnd()}`).join('\n')}`)
}

export function showLevel({ level, passed, failed, began, ended }: LevelOutcome): void {
  say(
    `${level.padEnd(9)}  ${String(passed).padStart(5)} passed  ${String(failed).padStart(3)} failed  ${secondsOf(began, ended)} s`,
  )
}

/** Slowest first; what is below a second, and beyond so many lines, is one sum. */
const MOST = 40
export function showTimes(files: readonly Ended[], phases: Readonly<Record<string, number>>): void {
  say('\nseconds  of them before, between and after its tests')
  for (const [phase, seconds] of Object.entries(phases)) say(`${seconds.toFixed(1).padStart(7)}  ${phase}`)
  const slow = [...files].sort((a, b) => b.milliseconds - a.milliseconds)
  const shown = slow.slice(0, MOST).filter(({ milliseconds }) => milliseconds > 1_000)
  for (const { file, milliseconds, testMilliseconds } of shown) {
    const around = Math.max(0, milliseconds - testMilliseconds) / 1000
    say(
      `${(milliseconds / 1000).toFixed(1).padStart(7)}  ${around.toFixed(1).padStart(5)}  ${relative(process.cwd(), file)}`,
    )
  }
  const rest = slow.slice(shown.length).reduce((sum, { milliseconds }) => sum + milliseconds, 0) / 1000
  if (rest > 0) say(`${rest.toFixed(1).padStart(7)}         ${slow.length - shown.length} more files`)
}

/** Said again at the end, where a long log is cut: file, name and first lines of what each failed test said. */
export function showFailuresAgain(files: readonly Ended[]): void {
  for (const { level, file, failures, message } of files.filter(({ failed }) => failed > 0)) {
    const where = relative(process.cwd(), file)
    // A file that could not be loaded, or whose set-up failed, has no test to name.
    if (failures.length === 0) say(`\nfailed at ${level}: ${where}\n${excerpt(message)}`)
    for (const { name, message: said } of failures) say(`\nfailed at ${level}: ${where}: ${name}\n${excerpt(said)}`)
  }
}

function excerpt(message: string): string {
  const lines = stripVTControlCharacters(message).split('\n')
  const ours = lines.filter((line) => !/^\s+at .*(node_modules|node:internal|new Promise)/.test(line)).slice(0, 12)
  return ours.map((line) => `    ${line.slice(0, 200)}`).join('\n')
}

const secondsOf = (began = 0, ended = began): string => ((ended - began) / 1000).toFixed(1).padStart(7)

export function showTable(outcomes: readonly LevelOutcome[]): void {
  say('\nlevel      passed  failed  seconds')
  for (const { level, passed, failed, began, ended, skipped } of outcomes) {
    const counts = `${String(passed).padStart(6)}  ${String(failed).padStart(6)}  ${secondsOf(began, ended)}`
    say(`${level.padEnd(9)}  ${skipped ? `skipped: ${skipped}` : counts}`)
  }
}
