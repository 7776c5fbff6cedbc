// What a person types after ./edge or npm run, read without doing it.
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { jest } from '@jest/globals'
import { CommanderError } from 'commander'
import { COMMANDS } from '../../../cli/edge/commands.ts'
import { completion } from '../../../cli/edge/completion.ts'
import { counting, hasColour } from '../../../cli/edge/paper.ts'
import { program } from '../../../cli/edge/program.ts'
import { aimedLike, line, type Words } from '../../../cli/edge/scene.ts'
import { SCRIPTS } from '../../../cli/edge/scripts.ts'
import { canBeAgreed } from '../../../local/machine/prepare/packages.ts'
import { typedHere } from '../../support/edge.ts'

interface Read {
  readonly done: readonly [string, Words | readonly string[]][]
  readonly printed: string
  readonly code: number
}

async function read(typed: string): Promise<Read> {
  const done: [string, Words | readonly string[]][] = []
  let printed = ''
  const keep = (text: string) => {
    printed += text
  }
  const edge = program(
    async (name, words) => void done.push([name, words]),
    async (file, words) => void done.push([file, words]),
  )
  for (const command of [edge, ...edge.commands]) command.configureOutput({ writeOut: keep, writeErr: keep })
  try {
    await edge.parseAsync(typed.split(' ').filter(Boolean), { from: 'user' })
    return { done, printed, code: 0 }
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    return { done, printed, code: error.exitCode }
  }
}
const words = async (typed: string) => (await read(typed)).done[0]?.[1]

const NAMES = [...COMMANDS.map(({ name }) => name), ...Object.keys(SCRIPTS), 'completion']

test.each(NAMES)('%s --help tells its words, and does nothing', async (name) => {
  const { done, printed, code } = await read(`${name} --help`)
  expect({ done, code }).toEqual({ done: [], code: 0 })
  expect(printed).toMatch(new RegExp(`^Usage: \\./edge ${name}`))
})

test('every npm script is a thin name of a command, so that its --help does nothing either', () => {
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> }
  const { edge, 'smoke:aws': smoke, ...others } = scripts
  expect([edge, smoke]).toEqual(['node cli/edge/head.mjs', 'node cli/edge/head.mjs smoke:aws'])
  for (const [name, does] of Object.entries(others)) expect(does).toBe(`node cli/edge/head.mjs ${name}`)
  expect(Object.keys(others).filter((name) => !NAMES.includes(name))).toEqual([])
})

test.each(COMMANDS.map(({ name }) => name))('%s tells its exit codes, and takes --json', async (name) => {
  const { printed } = await read(`${name} --help`)
  expect(printed).toMatch(/exit code 0: .+, 1: .+, 2: /)
  expect(printed).toMatch(/--json /)
})

test('words reach a command by their names', async () => {
  expect(await words('diagnose')).toEqual({ site: undefined })
  expect(await words('resync a.example --local --dry-run')).toEqual({ what: 'a.example', local: true, dryRun: true })
  expect(await words('up --stage test --region eu-west-1 a.example --patience 9')).toEqual({
    ...{ site: 'a.example', stage: 'test', region: 'eu-west-1', patience: 9 },
  })
})

test('words of a script are handed on as they are', async () => {
  const { done } = await read('test unit --quick')
  expect(done).toEqual([['scripts/test.ts', ['unit', '--quick']]])
  expect((await read('deploy --stage=dev --verbose -r eu-west-1')).done[0]?.[1]).toEqual([
    ...['deploy', '--verbose', '--stage', 'dev', '--region', 'eu-west-1'],
  ])
})

/** ./edge imports it, so that it is never the main module. */
test.each(Object.entries(SCRIPTS).filter(([, { file }]) => !file.startsWith('node_modules')))(
  '%s is a program that runs where another one imports it',
  (_, { file }) => expect(readFileSync(file, 'utf8')).not.toContain('import.meta.main'),
)

test.each([
  ['diagnos', "unknown command 'diagnos'\n(Did you mean diagnose?)"],
  ['diagnose --evidenc', "unknown option '--evidenc'\n(Did you mean --evidence?)"],
  ['resync --locale', "unknown option '--locale'"],
  ['diagnose a.example b.example', "too many arguments for 'diagnose'"],
  ['up --stage', "option '--stage <name>' argument missing"],
  ['up --patience 0', 'Found 0, wanted whole seconds from 1.'],
  ['up --for 3', 'Found 3, wanted minutes or hours, such as 3h.'],
  ['init', "missing required argument 'hostname'"],
  ['resync --evidence', "unknown option '--evidence'"],
])('%s is refused in a sentence', async (typed, told) => {
  const { done, printed, code } = await read(typed)
  expect(done).toEqual([])
  expect(printed).toContain(told)
  expect(code).not.toBe(0)
})

test.each([
  ['start', { npm_config_keep: 'true' }, '--keep'],
  ['start', { npm_config_door: 'true' }, '--door'],
  ['diagnose dev', { npm_config_stage: 'true' }, '--stage'],
  ['up 3h', { npm_config_for: 'true' }, '--for'],
])('npm run %s, with a flag that npm took: told, and nothing is done', async (typed, env, flag) => {
  const answer = await typedHere({ env: { npm_lifecycle_event: 'x', ...env } }, ...typed.split(' '))
  const stderr = `npm kept ${flag} for itself: write -- before the first flag, or in the place of npm run: ./edge\n`
  expect(answer).toEqual({ code: 2, stdout: '', stderr })
})

test('bash is given commands, then the options of one', () => {
  const edge = program()
  expect(completion(edge, [])).toMatch(/^complete -F _edge \.\/edge edge$/m)
  expect(completion(edge, ['']).split('\n')).toEqual(expect.arrayContaining(['up', 'diagnose', 'start']))
  expect(completion(edge, ['diagnose', '--e']).split('\n')).toEqual(expect.arrayContaining(['--evidence', '--local']))
  expect(completion(edge, ['nothing', ''])).toBe('')
})

test('a hint repeats where the command was aimed', () => {
  const here = { stage: 'prod', region: 'eu-west-1', words: {} }
  expect(line({ ...here, words: { local: true } }, 'up a.example')).toBe('./edge up a.example --local')
  expect(line(here, 'doctor')).toBe('./edge doctor --region eu-west-1')
  expect(line({ ...here, stage: 'dev' }, 'doctor')).toBe('./edge doctor --stage dev --region eu-west-1')
  expect(aimedLike({ ...here, words: { local: true } }, './edge up <target>; aws a b --region <region>')).toBe(
    './edge up --local; aws a b --region eu-west-1',
  )
})

test.each([
  [{}, true, true],
  [{}, false, false],
  [{ NO_COLOR: '1' }, true, false],
  [{ FORCE_COLOR: '1' }, false, true],
  [{ FORCE_COLOR: '0' }, true, false],
  [{ NO_COLOR: '1', FORCE_COLOR: '1' }, true, false],
])('colour with %p, on a terminal: %p', (env, isTTY, wanted) => expect(hasColour({ isTTY }, env)).toBe(wanted))

test('a line counts on a terminal alone, from a second without a word on, and makes room for words', () => {
  jest.useFakeTimers()
  const written: string[] = []
  const stream = (isTTY: boolean) =>
    ({ isTTY, write: (text: string) => written.push(text) }) as unknown as NodeJS.WriteStream
  const [seen, piped] = [counting(stream(true)), counting(stream(false))]
  jest.advanceTimersByTime(2_500)
  seen.clear()
  jest.advanceTimersByTime(1_000)
  seen.end()
  jest.advanceTimersByTime(5_000)
  piped.end()
  jest.useRealTimers()
  const [gone, after] = ['\r\x1b[K', (seconds: number) => `\r\x1b[K  ${seconds} s`]
  expect(written).toEqual([after(1), after(2), gone, after(1), gone])
})

test('without its packages the head says what to type', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ragstream-edge-head-'))
  cpSync('cli/edge/head.mjs', join(folder, 'cli/edge/head.mjs'))
  const { status, stderr } = spawnSync(process.execPath, [join(folder, 'cli/edge/head.mjs'), 'status'])
  rmSync(folder, { recursive: true })
  expect({ status, told: `${stderr}` }).toEqual({
    status: 2,
    told: `found no packages in ${folder}/, wanted them: npm ci\n`,
  })
})

test.each([
  ['a terminal', {}, {}, true, true],
  ['none', {}, {}, false, false],
  ['none, and --yes', { yes: true }, {}, false, true],
  ['none, in CI', {}, { CI: 'true' }, false, true],
])('packages are installed after a yes alone: %s', (_, consent, env, isTTY, wanted) => {
  const [before, { CI: _CI, ...rest }] = [process.env, process.env]
  const streams = [process.stdin, process.stdout]
  const kept = streams.map((stream) => Object.getOwnPropertyDescriptor(stream, 'isTTY'))
  for (const stream of streams) Object.defineProperty(stream, 'isTTY', { value: isTTY, configurable: true })
  process.env = { ...rest, ...env }
  try {
    expect(canBeAgreed(consent)).toBe(wanted)
  } finally {
    process.env = before
    for (const [index, stream] of streams.entries())
      if (kept[index]) Object.defineProperty(stream, 'isTTY', kept[index])
      else Reflect.deleteProperty(stream, 'isTTY')
  }
})
