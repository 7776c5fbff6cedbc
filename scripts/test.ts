// npm test: runs the levels from fast to real, says which ran and which could not and why. With CI=true a level that
// could not run is a failure. `npm test -- unit stack` runs only these.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { nspawnAvailable } from '../local/machine/nspawn/available.ts'
import { prepare } from '../local/machine/prepare/prepare.ts'
import { setUpOutside } from './outside.ts'

interface Level {
  readonly name: string
  readonly what: string
  /** Runs on machines of its own, as root on Debian or Ubuntu. */
  readonly real?: boolean
  /** Installs what the level alone needs. @returns why it cannot run here */
  readonly setUp?: () => Promise<string | undefined>
  /** Files at a time, on two cores: each opens a cloud and machines of its own, and waits for most of its time. */
  readonly workers: number
}

interface Outcome {
  readonly level: string
  readonly passed: number
  readonly failed: number
  readonly seconds: number
  readonly skipped?: string
  /** File, name and first lines of what each failed test said: said again at the end, where a long log is cut. */
  readonly failures?: readonly string[]
}

const LEVELS: readonly Level[] = [
  { name: 'unit', what: 'planners, parsers and verdicts on tables', workers: 2 },
  { name: 'property', what: 'the production converge step on virtual time', workers: 2 },
  { name: 'aws', what: 'adapters on mocked SDK clients', workers: 2 },
  { name: 'handlers', what: 'a real event in; commands, log and metrics out', workers: 2 },
  { name: 'stack', what: 'the packaged template and bundles on the local cloud', workers: 4 },
  { name: 'fleet', what: 'a thousand sites start together, with the machine to themselves', workers: 1 },
  { name: 'host', what: 'a real machine, nginx and Docker engine', workers: 3, real: true },
  { name: 'e2e', what: 'npm start as a person runs it, on rendered machines', workers: 2 },
  { name: 'outside', what: 'an AWS emulator by other people, IAM enforced', workers: 1, setUp: setUpOutside },
  { name: 'picture', what: 'the whole picture on real machines', workers: 3, real: true },
]

const wanted = process.argv.slice(2)
const unknown = wanted.filter((name) => !LEVELS.some((level) => level.name === name))
if (unknown.length > 0) {
  console.error(`level: found ${unknown.join(', ')}, wanted some of ${LEVELS.map((level) => level.name).join(', ')}`)
  process.exit(2)
}

const levels = LEVELS.filter(({ name }) => wanted.length === 0 || wanted.includes(name))
const available = nspawnAvailable()
// On a fresh machine this takes minutes, most of them waiting: the fast levels run meanwhile.
const prepared = levels.some(({ real }) => real) && available.ok ? setUp() : undefined
const outcomes: Outcome[] = []
for (const level of levels) outcomes.push(await run(level))
report(outcomes)

async function setUp(): Promise<string | undefined> {
  const onProgress = (text: string) => console.log(`set-up: ${text}`)
  return prepare({ yes: true, onProgress }).then(
    () => undefined,
    (error: Error) => error.message,
  )
}

/** Why the level cannot run here. */
async function obstacleOf(level: Level): Promise<string | undefined> {
  if (level.setUp) return level.setUp()
  if (!level.real) return undefined
  return available.ok ? await prepared : available.reason
}

async function run(level: Level): Promise<Outcome> {
  const obstacle = await obstacleOf(level)
  if (obstacle) return { level: level.name, passed: 0, failed: 0, seconds: 0, skipped: obstacle }
  console.log(`\n== ${level.name}: ${level.what}`)
  const folder = mkdtempSync(join(tmpdir(), 'ragstream-edge-test-'))
  const results = join(folder, 'results.json')
  const started = Date.now()
  const jest = spawn(
    process.execPath,
    [
      '--experimental-vm-modules',
      '--no-warnings',
      join('node_modules', 'jest', 'bin', 'jest.js'),
      `--testSequencer=${join(import.meta.dirname, 'longest-first.mjs')}`,
      ...['--selectProjects', level.name, '--json', `--outputFile=${results}`, '--silent=false'],
      `--maxWorkers=${level.workers}`,
    ],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  )
  const [status] = await once(jest, 'exit')
  const counts: JestResults | undefined = existsSync(results) ? JSON.parse(readFileSync(results, 'utf8')) : undefined
  rmSync(folder, { recursive: true })
  const passed: number = counts?.numPassedTests ?? 0
  const unfinished = (counts?.numPendingTests ?? 0) + (counts?.numTodoTests ?? 0)
  const failed: number = (counts?.numFailedTests ?? 0) + (counts?.numRuntimeErrorTestSuites ?? 0) + unfinished
  // A level that executes nothing, or whose runner died, has failed.
  const broken = failed === 0 && (status !== 0 || passed === 0)
  const seconds = (Date.now() - started) / 1000
  return { level: level.name, passed, failed: broken ? 1 : failed, seconds, failures: failuresOf(counts) }
}

/** What of jest's --json is read here. */
interface JestResults {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly numPendingTests: number
  readonly numTodoTests: number
  readonly numRuntimeErrorTestSuites: number
  readonly testResults: readonly {
    readonly name: string
    readonly status: string
    readonly message: string
    readonly assertionResults: readonly {
      readonly status: string
      readonly fullName: string
      readonly failureMessages: readonly string[]
    }[]
  }[]
}

function failuresOf(results: JestResults | undefined): string[] {
  return (results?.testResults ?? []).flatMap(({ name, status, message, assertionResults }) => {
    const file = relative(process.cwd(), name)
    const failed = assertionResults.filter((test) => test.status !== 'passed')
    // A file that could not be loaded, or whose set-up failed, has no test to name.
    if (failed.length === 0) return status === 'failed' ? [`${file}\n${excerpt(message)}`] : []
    return failed.map(({ fullName, failureMessages }) => `${file}: ${fullName}\n${excerpt(failureMessages.join('\n'))}`)
  })
}

function excerpt(message: string): string {
  const lines = stripVTControlCharacters(message).split('\n')
  const ours = lines.filter((line) => !/^\s+at .*(node_modules|node:internal|new Promise)/.test(line)).slice(0, 12)
  return ours.map((line) => `    ${line.slice(0, 200)}`).join('\n')
}

function report(all: readonly Outcome[]): void {
  for (const { level, failures = [] } of all) {
    for (const failure of failures) console.log(`\nfailed at ${level}: ${failure}`)
  }
  console.log('\nlevel      passed  failed  seconds')
  for (const { level, passed, failed, seconds, skipped } of all) {
    const line = skipped
      ? `skipped: ${skipped}`
      : `${String(passed).padStart(6)}  ${String(failed).padStart(6)}  ${seconds.toFixed(1).padStart(7)}`
    console.log(`${level.padEnd(9)}  ${line}`)
  }
  const skipped = all.filter((outcome) => outcome.skipped)
  const failedSkips = process.env.CI === 'true' ? skipped.length : 0
  if (failedSkips > 0) console.log('\nCI=true: a level that should run was skipped, which counts as a failure')
  const passed = all.reduce((sum, outcome) => sum + outcome.passed, 0)
  const failed = all.reduce((sum, outcome) => sum + outcome.failed, 0) + failedSkips
  console.log(`\n${passed} passed, ${failed} failed`)
  process.exitCode = failed > 0 ? 1 : 0
}
