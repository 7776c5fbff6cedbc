// What a person types after ./edge or npm run, read without doing it.
import { readFileSync } from 'node:fs'
import { CommanderError } from 'commander'
import { COMMANDS } from '../../../cli/edge/commands.ts'
import { completion } from '../../../cli/edge/completion.ts'
import { hasColour } from '../../../cli/edge/paper.ts'
import { program } from '../../../cli/edge/program.ts'
import { line, type Words } from '../../../cli/edge/scene.ts'
import { SCRIPTS } from '../../../cli/edge/scripts.ts'

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
  expect((await read('deploy --stage dev --verbose')).done[0]?.[1]).toEqual(['deploy', '--stage', 'dev', '--verbose'])
})

test.each([
  ['diagnos', "unknown command 'diagnos'\n(Did you mean diagnose?)"],
  ['diagnose --evidenc', "unknown option '--evidenc'\n(Did you mean --evidence?)"],
  ['resync --locale', "unknown option '--locale'"],
  ['diagnose a.example b.example', "too many arguments for 'diagnose'"],
  ['up --stage', "option '--stage <name>' argument missing"],
  ['up --patience 0', 'Found 0, wanted whole seconds from 1.'],
  ['init', "missing required argument 'hostname'"],
  ['resync --evidence', "unknown option '--evidence'"],
])('%s is refused in a sentence', async (typed, told) => {
  const { done, printed, code } = await read(typed)
  expect(done).toEqual([])
  expect(printed).toContain(told)
  expect(code).not.toBe(0)
})

test('bash is given commands, then the options of one', () => {
  const edge = program()
  expect(completion(edge, [])).toMatch(/^complete -F _edge \.\/edge edge$/m)
  expect(completion(edge, ['']).split('\n')).toEqual(expect.arrayContaining(['up', 'diagnose', 'start']))
  expect(completion(edge, ['diagnose', '--e']).split('\n')).toEqual(expect.arrayContaining(['--evidence', '--local']))
  expect(completion(edge, ['nothing', ''])).toBe('')
})

test('a hint repeats where the command was aimed', () => {
  expect(line({ words: { local: true } }, 'up a.example')).toBe('./edge up a.example --local')
  expect(line({ words: { stage: 'dev', region: 'eu-west-1' } }, 'doctor')).toBe(
    './edge doctor --stage dev --region eu-west-1',
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
