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

/** `functions/lib/aws`, `local/wire`, `local/cloud.ts`, `functions/handlers`, `cli/start`, `resources`. */
function roomOf(file: string): string {
  const [top = '', second = '', third = ''] = file.split('/')
  if (top === 'functions') return second === 'lib' ? `functions/lib/${third}` : 'functions/handlers'
  if (top === 'local' || file.startsWith('cli/start/')) return `${top}/${second}`
  return top
}

const LOCAL_ROOMS = ['world', 'wire', 'stack', 'machine', 'agent', 'faults'].map((name) => `local/${name}`)
const LOCAL_PROGRAMS = ['local/cloud.ts', 'local/hosts.ts', 'local/package.ts', 'local/scenario.ts', 'local/scene.ts']

const SUBJECTS = ['records', 'hosts', 'certificates', 'diagnosis', 'outcome', 'resync']
const lib = (...rooms: string[]): string[] => rooms.map((room) => `functions/lib/${room}`)
const PURE = lib(...SUBJECTS, 'steps', 'domain')

/** Room -> the other rooms that it may import. */
const ARROWS: Readonly<Record<string, readonly string[]>> = {
  'functions/handlers': lib('runtime', 'wiring', 'probe', ...SUBJECTS, 'steps', 'domain'),
  'functions/lib/runtime': lib('aws', 'domain'),
  'functions/lib/wiring': lib('aws', 'acme', 'probe', ...SUBJECTS, 'steps', 'domain'),
  'functions/lib/aws': lib(...SUBJECTS, 'domain'),
  'functions/lib/acme': lib('certificates', 'domain'),
  'functions/lib/probe': lib('diagnosis', 'hosts', 'domain'),
  'functions/lib/resync': lib('outcome', 'diagnosis', 'records', 'hosts', 'certificates', 'steps', 'domain'),
  'functions/lib/outcome': lib('diagnosis', 'records', 'hosts', 'certificates', 'steps', 'domain'),
  'functions/lib/diagnosis': lib('records', 'hosts', 'certificates', 'steps', 'domain'),
  'functions/lib/records': lib('steps', 'domain'),
  'functions/lib/hosts': lib('steps', 'domain'),
  'functions/lib/certificates': lib('steps', 'domain'),
  'functions/lib/steps': lib('domain'),
  'functions/lib/domain': [],
  resources: PURE,
  scripts: [...PURE, 'resources', 'local/machine', 'local/package.ts'],
  // What a maintainer types works against AWS too; the prompt of the local cloud shows the same screens.
  cli: [...lib('aws'), ...PURE, 'resources', 'local/machine'],
  'cli/start': [...LOCAL_ROOMS, ...LOCAL_PROGRAMS, 'local/picture', 'cli'],
  'local/picture': ['local/machine', 'local/cloud.ts'],
  'local/scene.ts': ['local/faults', 'local/machine', 'local/cloud.ts', 'local/scenario.ts'],
  'local/scenario.ts': ['local/world', 'local/cloud.ts'],
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

test('the adapters of one service do not import those of another', () => {
  const between = own.filter(
    ({ from, to }) =>
      [from, to].every((file) => roomOf(file) === 'functions/lib/aws') &&
      (dirname(from) !== dirname(to) || dirname(from) === 'functions/lib/aws'),
  )
  expect(between.map(shown)).toEqual([])
})

test('no file of aws/ has more than one SDK client, and nobody else has any', () => {
  const clients = imports.filter(({ from, to }) => from.startsWith('functions/') && to.startsWith('@aws-sdk/'))
  expect(clients.filter(({ from }) => roomOf(from) !== 'functions/lib/aws').map(shown)).toEqual([])
  const perFile = Map.groupBy(clients, ({ from }) => from)
  expect([...perFile].filter(([, of]) => new Set(of.map(({ to }) => to)).size > 1).map(([from]) => from)).toEqual([])
})

test('domain, steps and the subjects need valibot and hashes, and nothing else from outside', () => {
  const outside = imports.filter(({ from, to }) => PURE.includes(roomOf(from)) && !to.startsWith('functions/'))
  expect([...new Set(outside.map(({ to }) => to))].sort()).toEqual(['node:crypto', 'valibot'])
})
