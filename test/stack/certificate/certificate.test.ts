// HTTPS while the instance sleeps: the packaged function against a real ACME server, which looks into the zone itself.
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { rmSync } from 'node:fs'
import { furnishAccount, until } from '../../../local/cli/scenario.ts'
import type { Happening } from '../../../local/cloud.ts'
import type { World } from '../../../local/world/types.ts'
import { type TestCloud, testCloud } from '../../support/cloud.ts'
import { type Pebble, startPebble } from '../../support/pebble.ts'
import { tlsPackage } from '../../support/tls-package.ts'

/** Seconds: only what never comes takes so long. */
const LONG = 60
const NAME = 'ragstream.rusbehabtahi.com'
const ALIAS = 'www.rusbehabtahi.com'
const DOCUMENT = `/ragstream-edge/prod/certificates/${NAME}`
const SITE = `/ragstream-edge/prod/sites/${NAME}`

let cloud: TestCloud
let pebble: Pebble
let packageFolder: string

beforeAll(async () => {
  packageFolder = await tlsPackage({ aliases: [ALIAS] })
  // The authority and the cloud name each other: the cloud's environment is filled once both are there.
  const environment: Record<string, string> = {}
  cloud = await testCloud({ packageFolder, environment })
  pebble = await startPebble(`${cloud.dns.address}:${cloud.dns.port}`)
  Object.assign(environment, pebble.environment)
  furnishAccount(cloud, cloud.sites, cloud.stage)
  await cloud.deploy()
})
afterAll(async () => {
  await cloud?.close()
  await pebble?.close()
  rmSync(packageFolder, { recursive: true, force: true })
})

interface Stored {
  readonly path: string
  readonly names: readonly string[]
  readonly previous?: string
}

const read = ({ parameters }: World, name: string): string | undefined => parameters.get(name)?.value
const stored = (world: World): Stored | undefined => {
  const text = read(world, DOCUMENT)
  return text === undefined ? undefined : JSON.parse(text)
}
const another = (than: Stored, what: string): Promise<Stored> =>
  until(cloud, what, LONG, (world) => {
    const now = stored(world)
    return now && now.path !== than.path ? now : undefined
  })
const partOf = ({ path }: Stored, part: string): string => read(cloud.world.state, `${path}/${part}`)!
const proofs = () =>
  [...cloud.world.state.zones.values()].flatMap(({ records }) =>
    [...records.values()].filter(({ name, type }) => type === 'TXT' && name.startsWith('_acme-challenge.')),
  )
const rest = () => cloud.stack.idle()
const put = (name: string, value: string) =>
  cloud.world.dispatch({ type: 'PutParameter', name, value, overwrite: true })

/** As it will be when two thirds of its life have passed. */
function letTimePass(): Stored {
  const document = JSON.parse(read(cloud.world.state, DOCUMENT)!)
  const day = 24 * 3600_000
  const [notBefore, notAfter] = [-70, 20].map((days) => new Date(Date.now() + days * day).toISOString())
  put(DOCUMENT, JSON.stringify({ ...document, notBefore, notAfter }))
  return document
}

test('the deploy itself obtains one certificate for the name and its alias; the zone is left without proofs', async () => {
  const first = await until(cloud, 'a certificate is stored', LONG, stored)
  await rest()

  const certificate = new X509Certificate(partOf(first, 'certificate'))
  expect(certificate.subjectAltName?.split(', ').sort()).toEqual([`DNS:${NAME}`, `DNS:${ALIAS}`].sort())
  expect(certificate.checkPrivateKey(createPrivateKey(partOf(first, 'key')))).toBe(true)
  const issuer = new X509Certificate(partOf(first, 'chain'))
  expect(certificate.checkIssued(issuer)).toBe(true)
  expect(issuer.checkIssued(new X509Certificate(await pebble.root()))).toBe(true)
  expect(proofs()).toEqual([])
  expect(cloud.problems()).toEqual([])
})

test('keys and certificates lie there sealed, and no secret was logged or sent anywhere else', async () => {
  const secrets = [...cloud.world.state.parameters.values()].filter(({ name }) => name.includes('/tls/'))
  expect(secrets.map(({ type }) => type)).toEqual(['SecureString', 'SecureString', 'SecureString', 'SecureString'])
  const isStored = (one: Happening) => one.kind === 'call' && one.call.operation === 'PutParameter'
  const said = JSON.stringify(cloud.happened.filter((one) => !isStored(one)))
  for (const { value } of secrets.filter(({ name }) => /key$|account$/.test(name))) {
    expect(value).toContain('PRIVATE KEY')
    expect(said.includes(value.split('\n')[1]!)).toBe(false)
  }
})

test('two thirds of its life have passed: the schedule renews it under a new key, the one before stays for hosts under way', async () => {
  const before = letTimePass()
  await rest()
  cloud.stack.triggerSchedule('CertificatesDueRule')
  const after = await another(before, 'a renewed certificate')
  await rest()

  expect(after.previous).toBe(before.path)
  expect(partOf(after, 'key')).not.toBe(partOf(before, 'key'))
  expect(partOf(before, 'certificate')).toContain('BEGIN CERTIFICATE')
  expect(proofs()).toEqual([])
  expect(cloud.logged().join('\n')).toContain(`renew the certificate of ${NAME}: two thirds of its life have passed`)
})

test('the one before the last is deleted at the next renewal; nothing is obtained while one is good', async () => {
  const before = letTimePass()
  cloud.stack.triggerSchedule('CertificatesDueRule')
  const after = await another(before, 'a renewed certificate')
  await rest()
  const paths = [...cloud.world.state.parameters.keys()].filter((name) => name.endsWith('/certificate'))
  expect(paths.sort()).toEqual([`${before.path}/certificate`, `${after.path}/certificate`].sort())

  const orders = pebble.orders()
  cloud.stack.triggerSchedule('CertificatesDueRule')
  await rest()
  expect(pebble.orders()).toBe(orders)
  expect(stored(cloud.world.state)).toEqual(after)
})

test('the authority wants fewer orders: asked no sooner than it says, the old certificate stays; then it is renewed', async () => {
  const before = letTimePass()
  pebble.limit(3600)
  const orders = pebble.orders()
  cloud.stack.triggerSchedule('CertificatesDueRule')
  await rest()

  expect(pebble.orders()).toBe(orders + 1)
  expect(stored(cloud.world.state)).toMatchObject({ path: before.path })
  const waiting = [...queue('CertificateQueue').messages.values()]
  expect(waiting.map((message) => Math.round((message.visibleAt - Date.now()) / 600_000))).toEqual([6])
  expect(cloud.logged().join('\n')).toMatch(
    /the old one stays: the authority wants no order for 60 min: too many new orders/,
  )
  pebble.limit(undefined)
  put(SITE, read(cloud.world.state, SITE)!)
  await another(before, 'a renewed certificate')
  await rest()
})

const queue = (name: string) => [...cloud.world.state.queues.values()].find(({ arn }) => arn.includes(name))!

test('the proof cannot be seen: said where a maintainer looks, the old certificate stays, the zone is clean', async () => {
  const before = letTimePass()
  // A zone of its own that somebody delegated once: the name servers answer from there.
  cloud.world.dispatch({ type: 'CreateHostedZone', id: 'ZFORGOTTEN', name: `_acme-challenge.${NAME}.` })
  cloud.stack.triggerSchedule('CertificatesDueRule')
  await until(cloud, 'a dead letter', LONG, () => queue('CertificateDeadLetters').messages.size || undefined)
  await rest()

  expect(stored(cloud.world.state)).toMatchObject({ path: before.path })
  const [letter] = [...queue('CertificateDeadLetters').messages.values()]
  expect(JSON.stringify(letter)).toMatch(
    /CertificateNotObtained: .*the old one stays: the authority refuses: ragstream\.rusbehabtahi\.com: /,
  )
  expect(proofs()).toEqual([])
  const notices = [...cloud.world.state.topics.values()].flatMap(({ published }) => published)
  expect(notices.map(({ subject }) => subject)).toContain(`ragstream-edge: ${NAME}: CertificateNotObtained`)
})

test('what a killed run left in the zone is cleared by the next look, somebody else’s record is not touched', async () => {
  const txt = (hostname: string, values: readonly string[]) => ({
    action: 'CREATE' as const,
    record: { name: `_acme-challenge.${hostname}.`, type: 'TXT', ttl: 10, values },
  })
  const zoneId = cloud.sites[0]!.hostedZoneId
  await until(cloud, 'the zone is at rest', LONG, ({ changes }) =>
    [...changes.values()].every(({ status }) => status === 'INSYNC') ? true : undefined,
  )
  const changes = [
    txt(NAME, ['"proof"', '"ragstream-edge until 2026-01-01T00:00:00.000Z"']),
    txt(ALIAS, ['"of another client"']),
  ]
  cloud.world.dispatch({ type: 'ChangeResourceRecordSets', zoneId, changes })
  cloud.stack.triggerSchedule('CertificatesDueRule')
  await rest()
  expect(proofs().map(({ name }) => name)).toEqual([`_acme-challenge.${ALIAS}.`])
})
