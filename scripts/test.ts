// npm test: runs the levels, some side by side, and says which ran, which could not and why. With CI=true a level that could not run is a
// failure. `npm test -- unit stack` runs only these; `npm run test:quick` those that need no machine, what was changed first.
import { spawnSync } from 'node:child_process'
import { relative } from 'node:path'
import { type Ended, type FileNews, runJest } from './test/jest.ts'
import { LEVELS, type Level, obstacles, PARTS, QUICK, type Step } from './test/levels.ts'
import * as screen from './test/screen.ts'
import { keepTimes, readTimes, timesFile } from './test/times.ts'

const words = process.argv.slice(2)
const isQuick = words.includes('--quick')
const named = words.filter((word) => word !== '--quick')
const unknown = named.filter((name) => !(LEVELS as readonly string[]).includes(name))
if (unknown.length > 0) {
  console.error(`level: found ${unknown.join(', ')}, wanted some of ${LEVELS.join(', ')}`)
  process.exit(2)
}
const wanted = isQuick ? QUICK : LEVELS.filter((level) => named.length === 0 || named.includes(level))
const key = [...(process.env.LONG === 'true' ? ['LONG'] : []), ...wanted].join(' ')

const began = Date.now()
const seconds = (): number => (Date.now() - began) / 1000
const { runs } = readTimes()
process.env.TESTS_TIMES = timesFile()
const outcomes = wanted.map(screen.blank)
const files: Ended[] = []
const phases: Record<string, number> = {}

for (const obstacle of obstacles().filter(({ levels }) => levels.some((level) => wanted.includes(level)))) {
  screen.showObstacle(obstacle)
  skip(obstacle.levels, obstacle.reason)
}
const ticking = setInterval(() => screen.progress(outcomes, seconds(), runs[key]), 500)
for (const part of PARTS) await Promise.all(part.map(runLane))
clearInterval(ticking)
report()

async function runLane(lane: readonly Step[]): Promise<void> {
  for (const step of lane) {
    const levels = step.levels.filter((level) => outcomeOf(level) && !outcomeOf(level)?.skipped)
    if (levels.length > 0) await runStep({ ...step, levels })
  }
}

async function runStep(step: Step): Promise<void> {
  const name = step.levels.join(', ')
  if (step.prepare) {
    const from = seconds()
    const obstacle = await step.prepare((text) => screen.say(`set-up: ${text}`))
    phases[`set-up of ${name}`] = seconds() - from
    if (obstacle) return skip(step.levels, obstacle)
  }
  const from = seconds()
  const code = await runJest(step, isQuick ? changedTests() : [], note)
  phases[name] = seconds() - from
  const own = outcomes.filter(({ level }) => step.levels.includes(level))
  // A level that executes nothing, or whose runner died, has failed.
  for (const one of own) if (one.passed + one.failed === 0) one.failed = 1
  if (code !== 0 && own.every(({ failed }) => failed === 0)) own[0]!.failed = 1
}

function outcomeOf(level: Level): screen.LevelOutcome | undefined {
  return outcomes.find((one) => one.level === level)
}

function skip(levels: readonly Level[], reason: string): void {
  for (const level of levels) Object.assign(outcomeOf(level) ?? {}, { skipped: reason })
}

function note(news: FileNews): void {
  const outcome = outcomeOf(news.level)
  if (!outcome) return
  outcome.began ??= Date.now()
  if (news.kind === 'began') {
    outcome.running++
    return
  }
  files.push(news)
  screen.count(outcome, news)
  if (news.failed > 0) screen.showFailure(news)
  if (outcome.done === outcome.files) screen.showLevel(outcome)
}

/** Test files that stand on what is not committed yet. */
function changedTests(): string[] {
  const jest = ['node_modules/jest/bin/jest.js', '--onlyChanged', '--listTests', '--selectProjects', ...QUICK]
  const { stdout = '' } = spawnSync(process.execPath, ['--no-warnings', ...jest], { encoding: 'utf8' })
  return stdout.split('\n').filter((line) => line.endsWith('.test.ts'))
}

function report(): void {
  screen.showTimes(files, phases)
  screen.showFailuresAgain(files)
  screen.showTable(outcomes)
  const skipped = outcomes.filter((outcome) => outcome.skipped)
  const failedSkips = process.env.CI === 'true' ? skipped.length : 0
  if (failedSkips > 0) screen.say('\nCI=true: a level that should run was skipped, which counts as a failure')
  const passed = outcomes.reduce((sum, outcome) => sum + outcome.passed, 0)
  const failed = outcomes.reduce((sum, outcome) => sum + outcome.failed, 0) + failedSkips
  const times = files.map(({ file, milliseconds }) => [relative(process.cwd(), file), milliseconds / 1000])
  keepTimes({ files: Object.fromEntries(times), runs: skipped.length === 0 ? { [key]: seconds() } : {} })
  screen.say(`\nin all ${seconds().toFixed(1)} s\n\n${passed} passed, ${failed} failed`)
  process.exitCode = failed > 0 ? 1 : 0
}
