// The house of docs/adr/0002-by-subject.md as a function of its files: what goes against its arrows, runs in a circle, is impure or lies apart.
import { dirname, join, normalize } from 'node:path'

/** Path to text. */
export type Sources = ReadonlyMap<string, string>

export interface Import {
  readonly from: string
  /** A file of this repository, or the name of a package. */
  readonly to: string
  /** Nothing but types: no code of `to` runs. */
  readonly typesOnly: boolean
}

/** Static imports and exports, bare imports and `import()`: a specifier in single quotes, as Biome writes it. */
const SPECIFIER = /(?:^(?:import|export)\b([^'"`;]*?)\bfrom |^import |\bimport\()'([^']+)'/gm

export const importsIn = (file: string, text: string): Import[] =>
  [...text.matchAll(SPECIFIER)].map(([, names = '', specifier = '']) => ({
    from: file,
    to: specifier.startsWith('.') ? normalize(join(dirname(file), specifier)) : specifier,
    typesOnly: areTypes(names),
  }))

function areTypes(names: string): boolean {
  if (/^\s*type\b/.test(names)) return true
  const named = /^\s*\{([^}]*)\}\s*$/.exec(names)?.[1]
  return named?.split(',').every((name) => /^\s*(type\b|$)/.test(name)) ?? false
}

export const importsOf = (sources: Sources): Import[] => [...sources].flatMap(([file, text]) => importsIn(file, text))

const isOurs = ({ to }: Import): boolean => /^(functions|resources|local|scripts|cli|test|bench)\//.test(to)

/** `functions/lib/aws`, `functions/handlers`, `local/wire`, `local/cloud.ts`, `cli/start`, `resources`. */
export function roomOf(file: string): string {
  const [top = '', second = '', third = ''] = file.split('/')
  if (top === 'functions') return second === 'lib' ? `functions/lib/${third}` : 'functions/handlers'
  if (top === 'local' || file.startsWith('cli/start/')) return `${top}/${second}`
  return top
}

const SUBJECTS = ['records', 'hosts', 'certificates', 'diagnosis', 'outcome', 'resync', 'idle', 'door']
const lib = (...rooms: string[]): string[] => rooms.map((room) => `functions/lib/${room}`)

/** Rooms that decide: the same input, the same result. */
const PURE = lib(...SUBJECTS, 'steps', 'domain')

const LOCAL_ROOMS = ['world', 'wire', 'stack', 'machine', 'agent', 'faults'].map((name) => `local/${name}`)
const LOCAL_PROGRAMS = ['cloud', 'hosts', 'package', 'scenario', 'scene'].map((name) => `local/${name}.ts`)

/** Room -> the other rooms that it may import. */
export const ARROWS: Readonly<Record<string, readonly string[]>> = {
  'functions/handlers': lib('runtime', 'wiring', 'probe', ...SUBJECTS, 'steps', 'domain'),
  'functions/lib/runtime': lib('aws', 'steps', 'domain'),
  'functions/lib/wiring': lib('aws', 'acme', 'probe', ...SUBJECTS, 'steps', 'domain'),
  'functions/lib/aws': lib(...SUBJECTS, 'domain'),
  'functions/lib/acme': lib('certificates', 'domain'),
  'functions/lib/probe': lib('diagnosis', 'hosts', 'idle', 'domain'),
  'functions/lib/resync': lib('outcome', 'diagnosis', 'records', 'hosts', 'certificates', 'steps', 'domain'),
  'functions/lib/outcome': lib('diagnosis', 'records', 'hosts', 'certificates', 'steps', 'domain'),
  'functions/lib/diagnosis': lib('records', 'hosts', 'certificates', 'steps', 'domain'),
  'functions/lib/records': lib('steps', 'domain'),
  'functions/lib/hosts': lib('steps', 'domain'),
  'functions/lib/certificates': lib('steps', 'domain'),
  'functions/lib/idle': lib('hosts', 'steps', 'domain'),
  'functions/lib/door': lib('outcome', 'steps', 'domain'),
  'functions/lib/steps': lib('domain'),
  'functions/lib/domain': [],
  resources: PURE,
  scripts: [...PURE, 'resources', 'cli', 'local/machine', 'local/package.ts'],
  // What a maintainer types works against AWS, too.
  cli: [...lib('aws', 'probe'), ...PURE, 'resources', 'local/machine'],
  'cli/start': [...LOCAL_ROOMS, ...LOCAL_PROGRAMS, 'local/picture', 'cli'],
  'local/scene.ts': ['local/cloud.ts', 'local/scenario.ts', 'local/faults', 'local/machine'],
  'local/scenario.ts': ['local/cloud.ts', 'local/world'],
  'local/picture': ['local/cloud.ts', 'local/machine'],
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

/** Adapters that know the shapes of the subjects, and nothing that a subject does. */
const TAKE_TYPES = lib('aws', 'acme')

export function againstTheArrows(imports: readonly Import[]): string[] {
  const against = imports.filter(isOurs).filter(({ from, to, typesOnly }) => {
    const [here, there] = [roomOf(from), roomOf(to)]
    if (here === there) return false
    if (!ARROWS[here]?.includes(there)) return true
    return TAKE_TYPES.includes(here) && lib(...SUBJECTS).includes(there) && !typesOnly
  })
  return against.map(({ from, to }) => `${from} -> ${to}`)
}

/** Each circle as its members, sorted; types count. The groups of Tarjan's algorithm that have more than one member. */
export function circles(arrows: ReadonlyMap<string, readonly string[]>): string[] {
  const order = new Map<string, number>()
  const lowest = new Map<string, number>()
  const open: string[] = []
  const found: string[] = []
  const visit = (node: string): number => {
    order.set(node, order.size)
    lowest.set(node, order.get(node)!)
    open.push(node)
    for (const next of arrows.get(node) ?? []) {
      if (!order.has(next)) lowest.set(node, Math.min(lowest.get(node)!, visit(next)))
      else if (open.includes(next)) lowest.set(node, Math.min(lowest.get(node)!, order.get(next)!))
    }
    if (lowest.get(node) === order.get(node)) {
      const group = open.splice(open.indexOf(node))
      if (group.length > 1) found.push(group.sort().join(' '))
    }
    return lowest.get(node)!
  }
  for (const node of arrows.keys()) if (!order.has(node)) visit(node)
  return found
}

export const arrowsOf = (imports: readonly Import[]): Map<string, string[]> =>
  new Map(
    [...Map.groupBy(imports.filter(isOurs), ({ from }) => from)].map(([from, of]) => [from, of.map(({ to }) => to)]),
  )

/** What a pure room may take from outside. */
const OUTSIDE = ['valibot', 'node:crypto']

const IMPURE = /\b(Date\.now|Math\.random|performance\.now|process\.env|randomBytes|randomUUID)\b|new Date\(\)/

/** Where the time, chance and the environment are read. */
const READ_THE_WORLD = [
  'functions/lib/steps/clock.ts',
  ...lib('aws', 'acme', 'probe', 'runtime').map((room) => `${room}/`),
]

export function impurities(sources: Sources): string[] {
  const foreign = importsOf(sources)
    .filter((one) => PURE.includes(roomOf(one.from)) && !isOurs(one) && !OUTSIDE.includes(one.to))
    .map(({ from, to }) => `${from} -> ${to}`)
  const impure = [...sources].flatMap(([file, text]) => {
    const [found] = IMPURE.exec(text) ?? []
    const allowed = !file.startsWith('functions/') || READ_THE_WORLD.some((place) => file.startsWith(place))
    return found === undefined || allowed ? [] : [`${file}: ${found}`]
  })
  return [...foreign, ...impure]
}

/** Files of `among` that no entry reaches: dead, or alive in tests alone. */
export function apart(sources: Sources, entries: readonly string[], among: RegExp): string[] {
  const arrows = arrowsOf(importsOf(sources))
  const reached = new Set<string>()
  const reach = (file: string): void => {
    if (reached.has(file)) return
    reached.add(file)
    arrows.get(file)?.forEach(reach)
  }
  entries.forEach(reach)
  return [...sources.keys()].filter((file) => among.test(file) && !reached.has(file))
}
