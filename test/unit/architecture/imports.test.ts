// The house stands as docs/adr/0002-by-subject.md draws it, and this test would see if it did not.
import { globSync, lstatSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import {
  ARROWS,
  againstTheArrows,
  apart,
  arrowsOf,
  circles,
  type Import,
  importsIn,
  importsOf,
  impurities,
  roomOf,
  type Sources,
} from './house.ts'

const files = globSync('{functions,resources,local,scripts,cli,bench}/**/*.{ts,mjs}').sort()
const all: Sources = new Map(files.map((file) => [file, readFileSync(file, 'utf8')]))
/** bench/ may import everything, as test/ may. */
const house: Sources = new Map([...all].filter(([file]) => !file.startsWith('bench/')))
const imports = importsOf(house)

/** What begins by itself: Lambda, the command line, the package step. */
const named = ['serverless.yml', 'cli/edge/scripts.ts'].map((file) => readFileSync(file, 'utf8')).join()
const entries = [
  ...files.filter((file) => file.endsWith('/handler.ts') || named.includes(file)),
  ...['resources/index.ts', 'cli/edge/main.ts'],
]

const shown = ({ from, to }: Import): string => `${from} -> ${to}`

/** The house with one more file. */
const withOne = (file: string, text: string): Sources => new Map([...house, [file, text]])

test('the imports are found: static, for types, over several lines, bare and dynamic', () => {
  const text = [
    "import { a } from './a.ts'",
    "import type { B } from '../b/b.ts'",
    "import {\n  c,\n  d,\n} from 'c'",
    "import 'node:e'",
    "export { type F, type G } from './f.ts'",
    "import { type H, i } from './h.ts'",
    "const g = await import('./g.ts')",
    "// import { no } from './no.ts'",
  ].join('\n')
  expect(importsIn('x/y/z.ts', text).map(({ to, typesOnly }) => `${to}${typesOnly ? ' (types)' : ''}`)).toEqual([
    'x/y/a.ts',
    'x/b/b.ts (types)',
    'c',
    'node:e',
    'x/y/f.ts (types)',
    'x/y/h.ts',
    'x/y/g.ts',
  ])
  expect(imports.length).toBeGreaterThan(1000)
})

test('every room has its line in the table', () =>
  expect([...new Set([...house.keys()].map(roomOf))].filter((room) => !(room in ARROWS))).toEqual([]))

describe('arrows', () => {
  test('each room imports only along the arrows', () => expect(againstTheArrows(imports)).toEqual([]))

  test('the arrows themselves lead down: no two rooms may import each other', () =>
    expect(circles(new Map(Object.entries(ARROWS)))).toEqual([]))

  test.each([
    ['functions/lib/domain/planted.ts', '../records/plan.ts'],
    ['functions/lib/records/planted.ts', '../hosts/plan.ts'],
    ['functions/lib/hosts/planted.ts', '../outcome/state.ts'],
    ['functions/lib/outcome/planted.ts', '../aws/sns.ts'],
    ['functions/lib/runtime/planted.ts', '../wiring/records.ts'],
    ['functions/lib/domain/planted.ts', '../../../local/world/types.ts'],
    ['local/planted.ts', '../cli/invoke.ts'],
    ['local/world/planted.ts', '../../functions/lib/domain/site.ts'],
  ])('a planted arrow is seen: %s -> %s', (file, to) =>
    expect(againstTheArrows(importsOf(withOne(file, `import type { A } from '${to}'`)))).toHaveLength(1),
  )

  test('aws and acme take types of the subjects, and nothing that they do', () => {
    const file = 'functions/lib/aws/planted.ts'
    const planted = (text: string) => againstTheArrows(importsOf(withOne(file, text)))
    expect(planted("import type { Notice } from '../outcome/notice.ts'")).toEqual([])
    expect(planted("import { planOutcome } from '../outcome/plan.ts'")).toEqual([
      `${file} -> functions/lib/outcome/plan.ts`,
    ])
  })

  test('nothing imports a handler', () =>
    expect(imports.filter(({ to }) => to.endsWith('/handler.ts')).map(shown)).toEqual([]))

  test('the adapters of one service do not import those of another', () => {
    const between = imports.filter(
      ({ from, to }) =>
        [from, to].every((file) => roomOf(file) === 'functions/lib/aws') &&
        (dirname(from) !== dirname(to) || dirname(from) === 'functions/lib/aws') &&
        // It knows no service.
        to !== 'functions/lib/aws/pages.ts',
    )
    expect(between.map(shown)).toEqual([])
  })

  test('no file of aws/ has more than one SDK client, and nobody else has any', () => {
    const clients = imports.filter(({ from, to }) => from.startsWith('functions/') && to.startsWith('@aws-sdk/'))
    expect(clients.filter(({ from }) => roomOf(from) !== 'functions/lib/aws').map(shown)).toEqual([])
    const perFile = Map.groupBy(clients, ({ from }) => from)
    expect([...perFile].filter(([, of]) => new Set(of.map(({ to }) => to)).size > 1).map(([from]) => from)).toEqual([])
  })
})

describe('circles', () => {
  test('no file imports itself by way of others, for types neither', () =>
    expect(circles(arrowsOf(importsOf(all)))).toEqual([]))

  test('a planted circle is seen, of types and over three files', () => {
    const planted = new Map([
      ...withOne('functions/lib/records/planted.ts', "import type { A } from './planted-b.ts'"),
      ['functions/lib/records/planted-b.ts', "import { planRecords } from './planted-c.ts'"],
      ['functions/lib/records/planted-c.ts', "export type { A } from './planted.ts'"],
    ])
    expect(circles(arrowsOf(importsOf(planted)))).toEqual([
      'functions/lib/records/planted-b.ts functions/lib/records/planted-c.ts functions/lib/records/planted.ts',
    ])
  })
})

describe('purity', () => {
  test('what decides reads no time, chance or environment, and takes nothing from outside but valibot and hashes', () =>
    expect(impurities(house)).toEqual([]))

  test.each([
    ['functions/lib/records/planted.ts', "import { readFileSync } from 'node:fs'"],
    ['functions/lib/outcome/planted.ts', "import type { SSMClient } from '@aws-sdk/client-ssm'"],
    ['functions/lib/hosts/planted.ts', 'export const now = (): number => Date.now()'],
    ['functions/lib/steps/planted.ts', 'export const chance = (): number => Math.random()'],
    ['functions/lib/wiring/planted.ts', 'export const today = new Date()'],
    ['functions/planted/handler.ts', 'export const stage = process.env.STAGE'],
  ])('a planted impurity is seen: %s: %s', (file, text) => expect(impurities(withOne(file, text))).toHaveLength(1))
})

describe('nothing lies apart', () => {
  const PARTS = /^(functions|resources|cli)\/.*(?<!\.d)\.ts$/

  test('every file is reached from what Lambda, npm or the package step begins with', () =>
    expect(apart(house, entries, PARTS)).toEqual([]))

  test('a planted file that nobody imports is seen', () => {
    const file = 'functions/lib/domain/planted.ts'
    expect(apart(withOne(file, 'export const nobody = 1'), entries, PARTS)).toEqual([file])
  })

  test('a handler is a paragraph: at most 60 lines', () => {
    const handlers = [...house].filter(([file]) => file.endsWith('/handler.ts'))
    expect(handlers.length).toBeGreaterThan(5)
    expect(handlers.filter(([, text]) => text.trimEnd().split('\n').length > 60).map(([file]) => file)).toEqual([])
  })

  test.each([
    ['functions/lib/domain/app.ts', 'functions/**/*'],
    ['templates/shared/app.sh', 'templates/**/*'],
    ['local/machine/app-paths.ts', 'local/**/*'],
  ])("the paths of the app's seam are spelled out in %s alone", (seam, all) => {
    const spelling = globSync(all)
      .filter((file) => lstatSync(file).isFile())
      .filter((file) => {
        const text = readFileSync(file, 'utf8')
        return text.includes('_stcore') && !/^# Generated from/m.test(text)
      })
    expect(spelling).toEqual([seam])
  })

  test('no folder of functions/lib is a heap: at most 14 files lie side by side', () => {
    const folders = Map.groupBy(
      files.filter((file) => file.startsWith('functions/lib/')),
      (file) => dirname(file),
    )
    expect([...folders].filter(([, own]) => own.length > 14).map(([folder]) => folder)).toEqual([])
  })
})
