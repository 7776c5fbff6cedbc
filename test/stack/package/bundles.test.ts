// What is uploaded: one file each, within its budget, the same whenever it is packaged.
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { packaged, slsPackage, withDoor } from '../../../local/package.ts'
import { bundles } from '../../support/bundles.ts'
import { doorPackage } from '../../support/door-package.ts'
import { idlePackage } from '../../support/idle-package.ts'
import { longDescribe } from '../../support/long-tests.ts'

/**
 * Bytes of a handler as it is loaded, with a tenth of room. Above it, look first whether the SDK's generated form has changed
 * (resources/package/lean-bundle.cjs): with its schemas unshaken each is at least twice as large.
 */
const BUDGETS: Readonly<Record<string, number>> = {
  certificate: 430_000,
  diagnose: 512_000,
  'dns-sync': 471_000,
  // It asks hosts, as the next one does.
  'host-config': 420_000,
  outcome: 607_000,
  // It diagnoses sites, as outcome does.
  resync: 606_000,
}
const OF_ANY_OTHER = 470_000

const TEMPLATE = 'cloudformation-template-update-stack.json'

/** Names in the account, by which two stacks could meet: properties that are given as plain text. */
function names(template: string): string[] {
  const all = Object.values<{ Properties?: Record<string, unknown> }>(JSON.parse(template).Resources)
  const given = all.flatMap(({ Properties = {} }) => Object.entries(Properties))
  return given.flatMap(([key, value]) =>
    /^(Queue|Topic|Role|Alarm|Function|LogGroup|Dashboard|Bucket)?Name$/.test(key) && typeof value === 'string'
      ? [value]
      : [],
  )
}

// The stage with every function.
const every = await bundles(await doorPackage())
const all = await bundles()

describe.each(every)('$functionName', ({ functionName, entries, contents }) => {
  const name = `functions/${functionName}/handler.mjs`
  const decoder = new TextDecoder()
  const text = Object.values(entries)
    .map((content) => decoder.decode(content))
    .join('\n')

  test('is one file, and of certificate a library apart; within its budget', () => {
    expect(entries[name]?.length).toBeLessThanOrEqual(BUDGETS[functionName] ?? OF_ANY_OTHER)
    const others = Object.entries(entries).filter(([file]) => file !== name)
    if (functionName !== 'certificate') return expect(others).toEqual([])
    for (const [file] of others) expect(file).toMatch(/^functions\/certificate\/handler\.[\w-]+\.mjs$/)
    const size = others.reduce((sum, [, { length }]) => sum + length, 0)
    expect(size).toBeGreaterThan(300_000)
    expect(size).toBeLessThanOrEqual(560_000)
  })

  test('throws errors whose names are those of the runbook, whatever packaging makes of their classes', () => {
    expect(text).toMatch(/\bname="InvalidConfiguration"/)
  })

  test('has no way to credentials but the environment, and leaves the parts of Node.js where they are', () => {
    const providers = Object.keys(contents).flatMap((file) => /credential-provider-[a-z]+/.exec(file) ?? [])
    expect([...new Set(providers)]).toEqual(['credential-provider-env'])
    expect(text.match(/\bfrom ?"(node:)?\w+"|\bimport\("(node:)?\w+"\)/g)).toBeNull()
  })
})

test('a stage whose sites have no idle has nothing of it: no function, rule, role, document, alarm', async () => {
  const template = (folder: string) => Object.keys(JSON.parse(readFileSync(join(folder, TEMPLATE), 'utf8')).Resources)
  const [without, having] = [template(await packaged()), template(await idlePackage())]
  const more = [
    'IdleErrorsAlarm',
    'IdleLambdaFunction',
    'IdleLogGroup',
    'IdlePermission',
    'IdleRole',
    'IdleRule',
    'LookUseDocument',
  ]
  expect(having.filter((id) => !without.includes(id)).sort()).toEqual(more)
  expect(all.map(({ functionName }) => functionName)).not.toContain('idle')
})

test('a stage whose sites have no door has nothing of it: no API, function, role, parameter, alarm', async () => {
  const template = (folder: string) => Object.keys(JSON.parse(readFileSync(join(folder, TEMPLATE), 'utf8')).Resources)
  const [without, having] = [template(await idlePackage()), template(await doorPackage())]
  expect(having.filter((id) => !without.includes(id)).sort()).toEqual([
    'DoorAddress',
    'DoorErrorsAlarm',
    'DoorLambdaFunction',
    'DoorLambdaPermissionHttpApi',
    'DoorLogGroup',
    'DoorRole',
    'DoorStartRefusedAlarm',
    // Bookmarks hang on this id.
    'HttpApi',
    'HttpApiIntegrationDoor',
    'HttpApiRouteDefault',
    'HttpApiStage',
  ])
})

test('the door’s API: one route for all, five requests a second, ten at once, five seconds', async () => {
  const { Resources } = JSON.parse(readFileSync(join(await doorPackage(), TEMPLATE), 'utf8'))
  expect(Resources.HttpApiStage.Properties).toMatchObject({
    ...{ StageName: '$default', DefaultRouteSettings: { ThrottlingRateLimit: 5, ThrottlingBurstLimit: 10 } },
  })
  expect(Resources.HttpApiRouteDefault.Properties.RouteKey).toBe('$default')
  expect(Resources.HttpApiIntegrationDoor.Properties.PayloadFormatVersion).toBe('2.0')
  expect(Resources.DoorLambdaFunction.Properties.Timeout).toBe(5)
})

longDescribe('packaged again, for another stage with every function, deeper in the file system', () => {
  const deeper = mkdtempSync(join(tmpdir(), 'ragstream-edge-again-'))
  const folder = join(deeper, 'package')
  /** The site is one of the other stage, and has a door there. */
  function change(project: string): void {
    withDoor.change(project)
    const [sites, aside] = [join(project, 'resources/sites'), join(project, 'sites')]
    renameSync(sites, aside)
    mkdirSync(sites)
    renameSync(aside, join(sites, 'dev'))
  }
  beforeAll(() => slsPackage(folder, new AbortController().signal, 'dev', change, deeper))
  afterAll(() => rmSync(deeper, { recursive: true }))

  test('the same zips, byte by byte', async () => {
    const again = await bundles(folder)
    expect(again.map(({ functionName }) => functionName)).toEqual(every.map(({ functionName }) => functionName))
    const others = again.filter(({ zip }, index) => Buffer.compare(zip, every[index]!.zip) !== 0)
    expect(others.map(({ entries }) => Object.keys(entries))).toEqual([])
  })

  test('no name in common, and no ARN that names its partition', async () => {
    const [prod, dev] = [await doorPackage(), folder].map((one) => readFileSync(join(one, TEMPLATE), 'utf8'))
    expect(names(prod!).length).toBeGreaterThanOrEqual(2 * every.length)
    expect(names(prod!).filter((name) => names(dev!).includes(name))).toEqual([])
    expect(`${prod}${dev}`).not.toMatch(/arn:aws/)
  })
})
