// The bill of materials: every package in the zips, each under a licence that asks for nothing but its notice.
import { packaged } from '../../../local/package.ts'
import { components, cycloneDx } from '../../../scripts/sbom.ts'

const PERMISSIVE = ['MIT', 'MIT-0', 'Apache-2.0', 'ISC', '0BSD', 'BSD-2-Clause', 'BSD-3-Clause']

const all = components(await packaged())

test('what the functions import is there, once for all that use it', () => {
  const users = Object.fromEntries(all.map(({ name, usedBy }) => [name, usedBy]))
  expect(users['@aws-sdk/client-ec2']).toEqual(expect.arrayContaining(['dns-sync', 'host-config']))
  expect(users.valibot).toContain('dns-sync')
  expect(users.jest).toBeUndefined()
})

test('every licence is a permissive one', () =>
  expect(
    all.filter(({ license }) => !PERMISSIVE.includes(license)).map(({ name, license }) => `${name}: ${license}`),
  ).toEqual([]))

test('in CycloneDX a scoped name is a package URL with its version', () => {
  const { components: told } = cycloneDx(all) as { components: { purl: string }[] }
  expect(told.map(({ purl }) => purl)).toEqual(
    expect.arrayContaining([expect.stringMatching(/^pkg:npm\/%40middy\/core@\d+\.\d+\.\d+$/)]),
  )
})
