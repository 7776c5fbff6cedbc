// HTTPS while the instance sleeps: the packaged function against a real ACME server, which looks into the zone itself.
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { rmSync } from 'node:fs'
import { newAccountKey } from '../../../functions/lib/acme/account.ts'
import { NOTHING } from '../../../functions/lib/domain/site-certificate.ts'
import type { Happening } from '../../../local/cloud.ts'
import { furnishAccount, until } from '../../../local/scenario.ts'
import type { World } from '../../../local/world/types.ts'
import { type TestCloud, testCloud } from '../../support/cloud.ts'
import { type Pebble, startPebble } from '../../support/pebble.ts'
import { heardDeath, processesWith } from '../../support/processes.ts'
import { tlsPackage } from '../../support/tls-package.ts'

/** Seconds: only what never comes takes so long. After an outage of the authority a message comes back in 300 s. */
const LONG = 420
const NAME = 'ragstream.rusbehabtahi.com'
const ALIAS = 'www.rusbehabtahi.com'
const DOCUMENT = `/ragstream-edge/prod/certificates/${NAME}`
const SITE = `/ragstream-edge/prod/sites/${NAME}`
const WAIT = `/ragstream-edge/prod/tls/${NAME}/wait`
const ACCOUNT = '/ragstream-edge/prod/tls/account'
const LEFT = `${ACCOUNT}/wait`
const HOUR = 3_600_000

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
  return text === undefined || text === NOTHING ? undefined : JSON.parse(text)
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
  const secrets = [...cloud.world.state.parameters.values()].filter(({ name }) => /\/tls\/.*(?<!\/wait)$/.test(name))
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

test('another key for the account: the old one opens nothing, and the same account renews', async () => {
  const [old, before] = [read(cloud.world.state, ACCOUNT)!, letTimePass()]
  const report = ['the account has another key, and the one before opens nothing any more']
  expect(await cloud.stack.invoke('certificate', { rotateAccountKey: true })).toEqual({ report })
  const fresh = read(cloud.world.state, ACCOUNT)!
  expect(fresh).toContain('PRIVATE KEY')
  expect([await pebble.knows(old), await pebble.knows(fresh)]).toEqual([false, true])
  expect(read(cloud.world.state, `${ACCOUNT}-next`)).toBe(fresh)
  expect(cloud.logged().join('\n')).not.toContain(fresh.split('\n')[1])
  cloud.stack.triggerSchedule('CertificatesDueRule')
  await another(before, 'a renewed certificate')
  await rest()
  expect(pebble.accounts()).toBe(1)
})

test('a change of the account’s key that was killed after the authority knew of it is finished', async () => {
  const [ours, stale] = [read(cloud.world.state, ACCOUNT)!, await newAccountKey()]
  put(ACCOUNT, stale)
  put(`${ACCOUNT}-next`, ours)
  const report = ['a change of the account’s key that was broken off is finished']
  expect(await cloud.stack.invoke('certificate', { rotateAccountKey: true })).toEqual({ report })
  expect(read(cloud.world.state, ACCOUNT)).toBe(ours)
  expect(read(cloud.world.state, `${ACCOUNT}-next`)).toBe(ours)
  expect([await pebble.knows(ours), pebble.accounts()]).toEqual([true, 1])
})

test('a run is killed while its proofs are in the zone: the next waits for as long as it may have lived, then clears and renews', async () => {
  const before = letTimePass()
  const { asked, release } = pebble.hold()
  cloud.stack.triggerSchedule('CertificatesDueRule')
  await asked
  expect(proofs()).toHaveLength(2)
  await killCertificateFunction()
  await rest()
  release()
  expect(proofs()).toHaveLength(2)
  put(SITE, read(cloud.world.state, SITE)!)
  await rest()
  expect(cloud.logged().join('\n')).toMatch(
    /the old one stays: _acme-challenge\S+: another run may be at work until 2\d{3}-/,
  )
  expect(proofs()).toHaveLength(2)

  await letLeaseEnd()
  cloud.stack.triggerSchedule('CertificatesDueRule')
  await another(before, 'a renewed certificate')
  await rest()
  expect(proofs()).toEqual([])
  // What was to be tried again after the lease would order beside a later test.
  Object.assign(queue('CertificateQueue'), { messages: new Map() })
})

async function killCertificateFunction(): Promise<void> {
  const name = `AWS_LAMBDA_FUNCTION_NAME=ragstream-edge-${cloud.stage}-certificate`
  const pids = processesWith(name, `AWS_ENDPOINT_URL=${cloud.wire.url}`)
  for (const pid of pids) process.kill(pid, 'SIGKILL')
  // One that rested was killed, too: nobody may be given to it any more.
  await Promise.all(pids.map(heardDeath))
}

/** As it will be when the killed run's time is over. */
async function letLeaseEnd(): Promise<void> {
  await zoneAtRest()
  const changes = proofs().map((record) => {
    const values = record.values.map((value) => value.replace(/until 2\d{3}-/, 'until 2020-'))
    return { action: 'UPSERT' as const, record: { ...record, values } }
  })
  cloud.world.dispatch({ type: 'ChangeResourceRecordSets', zoneId: cloud.sites[0]!.hostedZoneId, changes })
  await zoneAtRest()
}

const zoneAtRest = () =>
  until(cloud, 'the zone is at rest', LONG, ({ changes }) =>
    [...changes.values()].every(({ status }) => status === 'INSYNC') ? true : undefined,
  )

test('what a failed run left in the vault is deleted by the look once it is an hour old, and nothing else', async () => {
  const left = ['a', 'b'].map((digit) => `/ragstream-edge/prod/tls/${NAME}/${digit.repeat(32)}/key`)
  for (const name of left) put(name, 'a key')
  const inUse = [ACCOUNT, `${stored(cloud.world.state)!.path}/key`]
  for (const name of [left[0]!, ...inUse]) age(name, 2 * 3600_000)
  cloud.stack.triggerSchedule('CertificatesDueRule')
  await rest()
  expect(cloud.logged().join('\n')).toContain(`${left[0]} is deleted: no certificate in use belongs to it`)
  const found = [...left, ...inUse].filter((name) => read(cloud.world.state, name) !== undefined)
  expect(found).toEqual([left[1], ...inUse])
  cloud.world.dispatch({ type: 'DeleteParameter', name: left[1]! })
})

/** As if it had been stored so many milliseconds earlier. */
function age(name: string, ms: number): void {
  const parameter = cloud.world.state.parameters.get(name)!
  Object.assign(parameter, { lastModified: parameter.lastModified - ms })
}

test('TLS is switched off: the next look deletes keys, certificates and the account’s key; on again, all is new', async () => {
  const [document, old] = [read(cloud.world.state, SITE)!, stored(cloud.world.state)!]
  put(SITE, JSON.stringify({ ...JSON.parse(document), tls: 'off' }))
  await rest()
  expect(partOf(old, 'key')).toContain('PRIVATE KEY')
  cloud.stack.triggerSchedule('CertificatesDueRule')
  await rest()
  const left = [...cloud.world.state.parameters].filter(([name]) => /\/(tls|certificates)\//.test(name))
  const nothing = { [DOCUMENT]: NOTHING, [WAIT]: NOTHING, [LEFT]: expect.stringMatching(/^2\d{3}-/) }
  expect(Object.fromEntries(left.map(([name, { value }]) => [name, value]))).toEqual(nothing)
  expect(cloud.logged().join('\n')).toContain(`the certificate of ${NAME} and its key are deleted`)

  // Parameter Store wants 30 s before it takes the name of the account's key again. A busy machine may need them until the next look.
  letTimePassSinceDeletion(-HOUR)
  put(SITE, document)
  await rest()
  expect(cloud.logged().join('\n')).toMatch(/no order before 2\S+: the account’s key was just deleted/)
  letTimePassSinceDeletion(HOUR + 60_000)
  put(SITE, document)
  const fresh = await until(cloud, 'another first certificate', LONG, stored)
  await rest()
  expect(fresh.path).not.toBe(old.path)
  expect(fresh.previous).toBeUndefined()
  expect(pebble.accounts()).toBe(2)
})

/** As it will be so many milliseconds later, as far as the deletion of the account's key goes. */
function letTimePassSinceDeletion(ms: number): void {
  const left = Date.parse(read(cloud.world.state, LEFT)!)
  put(LEFT, new Date(left - ms).toISOString())
  const deleted = [...cloud.world.state.deletedParameters].map(([name, at]) => [name, at - ms] as const)
  Object.assign(cloud.world.state, { deletedParameters: new Map(deleted) })
}

test('the authority wants fewer orders: asked no sooner than it says, the old certificate stays; then it is renewed', async () => {
  const before = letTimePass()
  const others = new Set(queue('CertificateQueue').messages.keys())
  pebble.limit(3600)
  const orders = pebble.orders()
  cloud.stack.triggerSchedule('CertificatesDueRule')
  await rest()

  expect(pebble.orders()).toBe(orders + 1)
  expect(stored(cloud.world.state)).toMatchObject({ path: before.path })
  const waiting = [...queue('CertificateQueue').messages].filter(([id]) => !others.has(id))
  expect(waiting.map(([, message]) => Math.round((message.visibleAt - Date.now()) / 600_000))).toEqual([6])
  expect(cloud.logged().join('\n')).toMatch(
    /the old one stays: the authority wants no order for 60 min: too many new orders/,
  )
  pebble.limit(undefined)
  // Neither a change of the site nor another look asks sooner.
  put(SITE, read(cloud.world.state, SITE)!)
  cloud.stack.triggerSchedule('CertificatesDueRule')
  await rest()
  expect(pebble.orders()).toBe(orders + 1)
  const wait = JSON.parse(read(cloud.world.state, WAIT)!)
  put(WAIT, JSON.stringify({ ...wait, until: new Date(0).toISOString() }))
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
  await zoneAtRest()
  const changes = [
    txt(NAME, ['"proof"', '"ragstream-edge until 2026-01-01T00:00:00.000Z"']),
    txt(ALIAS, ['"of another client"']),
  ]
  cloud.world.dispatch({ type: 'ChangeResourceRecordSets', zoneId, changes })
  cloud.stack.triggerSchedule('CertificatesDueRule')
  await rest()
  expect(proofs().map(({ name }) => name)).toEqual([`_acme-challenge.${ALIAS}.`])
})
