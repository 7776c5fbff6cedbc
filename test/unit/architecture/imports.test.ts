// The arrows of docs/architecture.md: who may import whom. A room that is not in the table is an error too.
import { globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'

interface Import {
  readonly from: string
  /** A file of this repository, or the name of a package. */
  readonly to: string
}

/** Static imports and exports, bare imports and `import()`: a specifier in single quotes, as Biome writes it. */
const SPECIFIER = /(?:^(?:import|export)\b[^'"`;]*?\bfrom |^import |\bimport\()'([^']+)'/gm

const importsIn = (file: string, text: string): Import[] =>
  [...text.matchAll(SPECIFIER)].map(([, specifier = '']) => ({
    from: file,
    to: specifier.startsWith('.') ? normalize(join(dirname(file), specifier)) : specifier,
  }))

const files = globSync('{functions,resources,local,scripts,cli}/**/*.{ts,mjs}').sort()
const imports = files.flatMap((file) => importsIn(file, readFileSync(file, 'utf8')))
const own = imports.filter(({ to }) => /^(functions|resources|local|scripts|cli|test|bench)\//.test(to))

/** `functions/lib/aws`, `local/wire`, `local/cloud.ts`, `functions/handlers`, `resources`. */
function roomOf(file: string): string {
  const [top = '', second = '', third = ''] = file.split('/')
  if (top === 'functions') return second === 'lib' ? `functions/lib/${third}` : 'functions/handlers'
  return top === 'local' ? `local/${second}` : top
}

const LOCAL_ROOMS = ['world', 'wire', 'stack', 'machine', 'agent', 'faults'].map((name) => `local/${name}`)
const COMPOSITION = ['local/cloud.ts', 'local/hosts.ts', 'local/package.ts']

/** Room -> the other rooms that it may import. */
const ARROWS: Readonly<Record<string, readonly string[]>> = {
  'functions/handlers': [
    'functions/lib/runtime',
    'functions/lib/converge',
    'functions/lib/probe',
    'functions/lib/domain',
  ],
  'functions/lib/runtime': ['functions/lib/aws', 'functions/lib/domain'],
  'functions/lib/acme': ['functions/lib/converge', 'functions/lib/domain'],
  'functions/lib/converge': ['functions/lib/acme', 'functions/lib/aws', 'functions/lib/domain'],
  'functions/lib/probe': ['functions/lib/aws', 'functions/lib/converge', 'functions/lib/domain'],
  'functions/lib/aws': ['functions/lib/domain'],
  'functions/lib/domain': [],
  resources: ['functions/lib/domain'],
  scripts: ['functions/lib/domain', 'resources', 'local/machine', 'local/package.ts'],
  // What a maintainer types works against AWS too; the prompt of the local cloud shows the same screens.
  cli: ['functions/lib/aws', 'functions/lib/domain', 'resources', 'local/machine'],
  'local/cli': [...LOCAL_ROOMS, ...COMPOSITION, 'cli'],
  'local/cloud.ts': [...LOCAL_ROOMS, 'local/hosts.ts'],
  'local/hosts.ts': ['local/agent', 'local/machine', 'local/world'],
  'local/package.ts': ['local/machine'],
  'local/faults': ['local/world', 'local/wire', 'local/machine'],
  'local/stack': ['local/world'],
  'local/wire': ['local/world'],
  'local/agent': ['local/world', 'local/machine'],
  'local/machine': [],
  'local/world': [],
}

const shown = ({ from, to }: Import): string => `${from} -> ${to}`

test('the imports are found: static, for types, over several lines, bare and dynamic', () => {
  const text = [
    "import { a } from './a.ts'",
    "import type { B } from '../b/b.ts'",
    "import {\n  c,\n  d,\n} from 'c'",
    "import 'node:e'",
    "export { f } from './f.ts'",
    "const g = await import('./g.ts')",
    "// import { no } from './no.ts'",
  ].join('\n')
  expect(importsIn('x/y/z.ts', text).map(({ to }) => to)).toEqual([
    'x/y/a.ts',
    'x/b/b.ts',
    'c',
    'node:e',
    'x/y/f.ts',
    'x/y/g.ts',
  ])
  expect(own.length).toBeGreaterThan(100)
})

test('every room has its line in the table', () =>
  expect([...new Set(files.map(roomOf))].filter((room) => !(room in ARROWS))).toEqual([]))

test('each room imports only along the arrows', () => {
  const against = own.filter(({ from, to }) => {
    const [here, there] = [roomOf(from), roomOf(to)]
    return here !== there && !ARROWS[here]?.includes(there)
  })
  expect(against.map(shown)).toEqual([])
})

test('nothing imports a handler', () =>
  expect(own.filter(({ to }) => to.endsWith('/handler.ts')).map(shown)).toEqual([]))

test('the files of aws/ do not import each other', () => {
  const between = own.filter(({ from, to }) => [from, to].every((file) => roomOf(file) === 'functions/lib/aws'))
  expect(between.map(shown)).toEqual([])
})

test('each file of aws/ has one SDK client, and nobody else has any', () => {
  const clients = imports.filter(({ from, to }) => from.startsWith('functions/') && to.startsWith('@aws-sdk/'))
  expect(clients.filter(({ from }) => roomOf(from) !== 'functions/lib/aws').map(shown)).toEqual([])
  const perFile = Map.groupBy(clients, ({ from }) => from)
  expect([...perFile].filter(([, of]) => new Set(of.map(({ to }) => to)).size !== 1).map(([from]) => from)).toEqual([])
})

test('domain needs valibot and hashes, and nothing else from outside', () => {
  const outside = imports.filter(
    ({ from, to }) => roomOf(from) === 'functions/lib/domain' && !to.startsWith('functions/'),
  )
  expect([...new Set(outside.map(({ to }) => to))].sort()).toEqual(['node:crypto', 'valibot'])
})

test('converge does not know the runtime, the platform or a library', () => {
  const outside = imports.filter(
    ({ from, to }) => roomOf(from) === 'functions/lib/converge' && !to.startsWith('functions/'),
  )
  expect(outside.map(shown)).toEqual([])
})
