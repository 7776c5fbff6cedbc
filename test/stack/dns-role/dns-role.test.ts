// Zones in other accounts, on the packaged artefact: by a role with exactly the policies that the doctor prints, and one that lets nobody in. The
// tests follow one another on one cloud.
import { rmSync } from 'node:fs'
import { dnsRoles } from '../../../cli/dns-role.ts'
import { furnishAccount, served, startInstance, stopInstance, until } from '../../../local/scenario.ts'
import type { CallReport } from '../../../local/wire/server.ts'
import type { Queue } from '../../../local/world/types.ts'
import { type TestCloud, testCloud } from '../../support/cloud.ts'
import { declaring } from '../../support/declaring-package.ts'
import { type Pebble, startPebble } from '../../support/pebble.ts'

/** Seconds: only what never comes takes so long. After an outage of the authority a message comes back in 300 s. */
const LONG = 420
const ABROAD = {
  hostname: 'app.example.org',
  hostedZoneId: 'Z0ABROAD',
  dnsRoleArn: 'arn:aws:iam::210987654321:role/dns/ragstream-edge-dns',
  instances: { 'tag:Name': 'abroad' },
}
/** Its instance sleeps: certificates are obtained all the same, and a rendered host has no OpenSSL. */
const WITH_TLS = { ...ABROAD, hostname: 'tls.example.org', instances: { 'tag:Name': 'asleep' }, tls: 'acme' }
const SHUT = {
  hostname: 'app.example.net',
  hostedZoneId: 'Z0SHUT',
  dnsRoleArn: 'arn:aws:iam::333333333333:role/ragstream-edge-dns',
  instances: { 'tag:Name': 'shut' },
}

let cloud: TestCloud
let packageFolder: string
let pebble: Pebble
let ids: readonly string[]

beforeAll(async () => {
  packageFolder = await declaring([{}, ABROAD, WITH_TLS, SHUT])
  const environment: Record<string, string> = {}
  // Messages are two minutes old when they arrive: what is tried for so long is given up after the third try.
  cloud = await testCloud({ packageFolder, environment, now: () => Date.now() - 120_000 })
  pebble = await startPebble(`${cloud.dns.address}:${cloud.dns.port}`)
  Object.assign(environment, pebble.environment)
  const zoneRoles = dnsRoles(cloud.sites, { account: cloud.world.state.account, stage: cloud.stage })
  ids = furnishAccount(cloud, cloud.sites, cloud.stage, zoneRoles)
  const { trust, permissions } = cloud.world.state.roles.get(SHUT.dnsRoleArn)!
  const others = JSON.parse(JSON.stringify(trust).replaceAll('ragstream-edge-prod-', 'ragstream-edge-dev-'))
  cloud.world.dispatch({ type: 'PutRole', arn: SHUT.dnsRoleArn, trust: others, permissions })
  await cloud.deploy()
})
afterAll(async () => {
  await cloud?.close()
  await pebble?.close()
  rmSync(packageFolder, { recursive: true, force: true })
})

type DeclaredSite = TestCloud['sites'][number]
const site = (hostname: string): DeclaredSite => cloud.sites.find((one) => one.hostname === hostname)!
const home = (): DeclaredSite => cloud.sites.find(({ dnsRoleArn }) => !dnsRoleArn)!
const idOf = (one: DeclaredSite): string => ids[cloud.sites.indexOf(one)]!
const calls = (operation?: string): CallReport[] =>
  cloud.happened.flatMap((one) =>
    one.kind === 'call' && (operation === undefined || one.call.operation === operation) ? [one.call] : [],
  )
const taken = () => calls('AssumeRole').filter(({ errorCode }) => errorCode === undefined)
const letters = () => {
  const [queue] = [...cloud.world.state.queues.values()].filter(({ arn }) => arn.includes('DnsDeadLetters')) as [Queue]
  return [...queue.messages.values()]
}
interface Hop {
  readonly hop: string
  readonly evidence: string
}

/** The hop `record` of a diagnosis. On a busy machine a look may not end in time: then a person asks again, here at most five times. */
async function diagnose(one: DeclaredSite, tries = 5): Promise<Hop | undefined> {
  const late = /no result within/
  const looked = await cloud.stack.invoke('diagnose', { site: one.hostname }).catch((error: Error) => {
    if (!late.test(error.message)) throw error
  })
  const record = (looked as { hops: Hop[] } | undefined)?.hops.find(({ hop }) => hop === 'record')
  const isLate = !looked || late.test(record?.evidence ?? '')
  return isLate && tries > 1 ? diagnose(one, tries - 1) : record
}

test('start, stop and certificate: each record in the account of its zone', async () => {
  const there = site(ABROAD.hostname)
  await Promise.all(
    [home(), there, site(WITH_TLS.hostname)].map((one) =>
      until(cloud, `${one.hostname} is parked`, LONG, (world) => (served(world, one) ? true : undefined)),
    ),
  )
  const [first, second] = await Promise.all([home(), there].map((one) => startInstance(cloud, one, idOf(one))))
  expect(served(cloud.world.state, home())).toEqual([first!.address])
  expect(served(cloud.world.state, there)).toEqual([second!.address])
  await until(cloud, 'a certificate', LONG, ({ parameters }) =>
    parameters.get(`/ragstream-edge/prod/certificates/${WITH_TLS.hostname}`),
  )
  await stopInstance(cloud, there, idOf(there))
  expect(served(cloud.world.state, there)).toEqual(['192.0.2.1'])
})

test('the role that lets nobody in: said with what to do, into the dead letters with the reason; the other sites are served', async () => {
  const letter = await until(cloud, 'a dead letter', LONG, () =>
    letters().find(({ body }) => body.includes(SHUT.hostname)),
  )
  expect(letter.attributes?.reason).toMatch(
    /^ZoneUnreadable: app\.example\.net: zone Z0SHUT cannot be read: RoleRefused: ragstream-edge-prod-dns-sync may not take the role arn:aws:iam::333333333333:role\/ragstream-edge-dns \(dnsRoleArn\): its trust policy must admit this function/,
  )
  expect(letter.attributes?.reason).toContain('the doctor prints the policies')
  await cloud.stack.idle()
  expect(letters().filter(({ body }) => !body.includes(SHUT.hostname))).toEqual([])
  expect(calls().filter(({ input }) => input.Id === 'Z0SHUT')).toEqual([])
})

test('diagnose and resync look there, too, and say where they are not let in', async () => {
  await expect(diagnose(site(ABROAD.hostname))).resolves.toMatchObject({ state: 'ok', evidence: 'A 192.0.2.1, TTL 10' })
  await expect(diagnose(site(SHUT.hostname))).resolves.toMatchObject({
    state: 'unknown',
    evidence: expect.stringContaining('ragstream-edge-prod-diagnose may not take the role'),
  })
  const { report } = (await cloud.stack.invoke('resync', { all: true })) as { report: string[] }
  expect(report.join('\n')).toContain(`keep A ${ABROAD.hostname}`)
  expect(report.join('\n')).toContain('ragstream-edge-prod-resync may not take the role')
  await cloud.stack.idle()
})

test('who took a role: five functions, each under its own name, and not for every call anew', () => {
  const takers = new Set(taken().map(({ accessKeyId }) => accessKeyId))
  expect([...takers].sort()).toEqual(['CertificateRole', 'DiagnoseRole', 'DnsSyncRole', 'OutcomeRole', 'ResyncRole'])
  const changed = calls('ChangeResourceRecordSets').map(({ input, session = '' }) => `${input.Id} ${session}`)
  expect([...new Set(changed)].sort()).toEqual([
    'Z0123456789ABCDEFGHIJ ',
    'Z0ABROAD ragstream-edge-prod-certificate',
    'Z0ABROAD ragstream-edge-prod-dns-sync',
  ])
  expect(calls('GetChange').map(({ session }) => session)).toEqual(
    expect.arrayContaining([undefined, 'ragstream-edge-prod-outcome', 'ragstream-edge-prod-certificate']),
  )
  const abroad = calls().filter(({ session }) => session === 'ragstream-edge-prod-dns-sync')
  expect(abroad.length).toBeGreaterThan(3)
  // One for each of its processes.
  expect(taken().filter(({ accessKeyId }) => accessKeyId === 'DnsSyncRole').length).toBeLessThanOrEqual(2)
  const refused = calls().filter(({ errorCode = '' }) => /AccessDenied|NoSuchHostedZone|ExpiredToken/.test(errorCode))
  expect(new Set(refused.map(({ operation, input }) => `${operation} ${input.RoleArn}`))).toEqual(
    new Set([`AssumeRole ${SHUT.dnsRoleArn}`]),
  )
  expect(cloud.problems()).toEqual([])
})
