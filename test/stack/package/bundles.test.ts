// What is uploaded: one file each, within its budget, the same whenever it is packaged.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { packaged, slsPackage } from '../../../local/package.ts'
import { bundles } from '../../support/bundles.ts'

/**
 * Bytes of a handler as it is loaded, with a tenth of room. Above it, look first whether the SDK's generated form has changed
 * (resources/package/lean-bundle.cjs): with its schemas unshaken each is at least twice as large.
 */
const BUDGETS: Readonly<Record<string, number>> = {
  // A good half of it is the ACME library with what it brings, loaded only where an authority is asked.
  certificate: 920_000,
  diagnose: 505_000,
  'dns-sync': 470_000,
  // It asks hosts, as the next one does.
  'host-config': 420_000,
  outcome: 600_000,
  resync: 505_000,
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

const all = await bundles()

describe.each(all)('$functionName', ({ functionName, entries, contents }) => {
  test('is one file, within its budget', () => {
    const name = `functions/${functionName}/handler.mjs`
    expect(Object.keys(entries)).toEqual([name])
    expect(entries[name]?.length).toBeLessThanOrEqual(BUDGETS[functionName] ?? OF_ANY_OTHER)
  })

  test('throws errors whose names are those of the runbook, whatever packaging makes of their classes', () => {
    const text = new TextDecoder().decode(Object.values(entries)[0])
    expect(text).toMatch(/\bname="InvalidConfiguration"/)
  })

  test('has no way to credentials but the environment, and leaves the parts of Node.js where they are', () => {
    const providers = Object.keys(contents).flatMap((file) => /credential-provider-[a-z]+/.exec(file) ?? [])
    expect([...new Set(providers)]).toEqual(['credential-provider-env'])
    const text = new TextDecoder().decode(Object.values(entries)[0])
    expect(text.match(/\bfrom ?"(node:)?\w+"|\bimport\("(node:)?\w+"\)/g)).toBeNull()
  })
})

describe('packaged again, for another stage', () => {
  let folder: string
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'ragstream-edge-again-'))
    await slsPackage(folder, new AbortController().signal, 'dev')
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  test('the same zips, byte by byte', async () => {
    const again = await bundles(folder)
    expect(again.map(({ functionName }) => functionName)).toEqual(all.map(({ functionName }) => functionName))
    expect(again.filter(({ zip }, index) => Buffer.compare(zip, all[index]!.zip) !== 0)).toEqual([])
  })

  test('no name in common, and no ARN that names its partition', async () => {
    const [prod, dev] = [await packaged(), folder].map((one) => readFileSync(join(one, TEMPLATE), 'utf8'))
    expect(names(prod!).length).toBeGreaterThanOrEqual(2 * all.length)
    expect(names(prod!).filter((name) => names(dev!).includes(name))).toEqual([])
    expect(`${prod}${dev}`).not.toMatch(/arn:aws/)
  })
})
