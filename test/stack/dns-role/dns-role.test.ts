// A zone in another account, on the packaged artefact: by a role there with exactly the policies that the doctor prints, and without.
import { rmSync } from 'node:fs'
import { furnishAccount, served, startInstance, stopInstance, until } from '../../../local/cli/scenario.ts'
import type { CallReport } from '../../../local/wire/server.ts'
import type { Queue } from '../../../local/world/types.ts'
import { type TestCloud, testCloud } from '../../support/cloud.ts'
import { declaring } from '../../support/declaring-package.ts'
import { type Pebble, startPebble } from '../../support/pebble.ts'

/** Seconds: only what never comes takes so long. */
const LONG = 120
const ROLE = 'arn:aws:iam::210987654321:role/dns/ragstream-edge-dns'
const ABROAD = {
  hostname: 'app.example.org',
  hostedZoneId: 'Z0ABROAD',
  dnsRoleArn: ROLE,
  instances: { 'tag:Name': 'abroad' },
}

/** Its instance sleeps: certificates are obtained all the same, and a rendered host has no OpenSSL. */
const WITH_TLS = { ...ABROAD, hostname: 'tls.example.org', instances: { 'tag:Name': 'asleep' }, tls: 'acme' }

let cloud: TestCloud
let packageFolder: string
let pebble: Pebble | undefined
afterEach(async () => {
  await cloud?.close()
  await pebble?.close()
  pebble = undefined
  rmSync(packageFolder, { recursive: true, force: true })
})

const site = (hostname: string) => cloud.sites.find((one) => one.hostname === hostname)!
const home = () => cloud.sites.find(({ dnsRoleArn }) => !dnsRoleArn)!
const calls = (operation: string): CallReport[] =>
  cloud.happened.flatMap((one) => (one.kind === 'call' && one.call.operation === operation ? [one.call] : []))
/** Name of the session with which it was made; undefined: by an own role. */
const sessionOf = ({ accessKeyId }: CallReport) => cloud.world.state.sessions.get(accessKeyId)?.sessionName
const failed = () =>
  cloud.happened.flatMap((one) =>
    one.kind === 'call' && one.call.errorCode ? [`${one.call.operation} ${one.call.errorCode}`] : [],
  )
const queue = (name: string): Queue => [...cloud.world.state.queues.values()].find(({ arn }) => arn.includes(name))!
const isServed = (hostname: string) =>
  until(cloud, `${hostname} has a record`, LONG, (world) => (served(world, site(hostname)) ? true : undefined))

test('start, stop, certificate, diagnosis and resync of a site whose zone lies elsewhere, beside one whose zone lies here', async () => {
  packageFolder = await declaring([{}, ABROAD, WITH_TLS])
  const environment: Record<string, string> = {}
  cloud = await testCloud({ packageFolder, environment })
  pebble = await startPebble(`${cloud.dns.address}:${cloud.dns.port}`)
  Object.assign(environment, pebble.environment)
  const ids = furnishAccount(cloud, cloud.sites, cloud.stage)
  await cloud.deploy()
  await Promise.all(cloud.sites.map(({ hostname }) => isServed(hostname)))
  await until(cloud, 'a certificate', LONG, ({ parameters }) =>
    parameters.get(`/ragstream-edge/prod/certificates/${WITH_TLS.hostname}`),
  )
  await cloud.stack.idle({ retries: true })

  const idOf = (one: TestCloud['sites'][number]) => ids[cloud.sites.indexOf(one)]!
  const there = site(ABROAD.hostname)
  const [first, second] = await Promise.all([home(), there].map((one) => startInstance(cloud, one, idOf(one))))
  expect(served(cloud.world.state, home())).toEqual([first!.address])
  expect(served(cloud.world.state, there)).toEqual([second!.address])
  await cloud.stack.idle({ retries: true })
  await stopInstance(cloud, there, idOf(there))
  await cloud.stack.idle({ retries: true })

  const diagnosis = (await cloud.stack.invoke('diagnose', { site: ABROAD.hostname })) as { hops: object[] }
  expect(diagnosis.hops).toContainEqual(
    expect.objectContaining({ hop: 'record', state: 'ok', evidence: 'A 192.0.2.1, TTL 60' }),
  )
  const { report } = (await cloud.stack.invoke('resync', { all: true })) as { report: string[] }
  expect(report.join('\n')).toContain(`keep A ${ABROAD.hostname}`)
  await cloud.stack.idle({ retries: true })

  const takers = new Set(calls('AssumeRole').map(({ accessKeyId }) => accessKeyId))
  expect([...takers].sort()).toEqual(['CertificateRole', 'DiagnoseRole', 'DnsSyncRole', 'OutcomeRole', 'ResyncRole'])
  const changed = calls('ChangeResourceRecordSets').map((call) => [call.input.Id, sessionOf(call)])
  expect(new Set(changed.map((pair) => pair.join(' ')))).toEqual(
    new Set([
      `${home().hostedZoneId} `,
      'Z0ABROAD ragstream-edge-prod-dns-sync',
      'Z0ABROAD ragstream-edge-prod-certificate',
    ]),
  )
  expect(calls('GetChange').map(sessionOf)).toEqual(
    expect.arrayContaining([undefined, 'ragstream-edge-prod-outcome', 'ragstream-edge-prod-certificate']),
  )
  // One for each process, since each keeps what it got: far fewer than calls that need them.
  const abroad = calls('ListResourceRecordSets').filter((call) => sessionOf(call) === 'ragstream-edge-prod-dns-sync')
  const taken = calls('AssumeRole').filter(({ accessKeyId }) => accessKeyId === 'DnsSyncRole')
  expect(abroad.length).toBeGreaterThan(2)
  expect(taken.length).toBeLessThanOrEqual(2)
  expect(failed().filter((one) => /AccessDenied|NoSuchHostedZone|ExpiredToken/.test(one))).toEqual([])
  expect(cloud.problems()).toEqual([])
})

test('the role does not let us in: said with what to do, into the dead letters with the reason, and the other site is served', async () => {
  packageFolder = await declaring([{}, ABROAD])
  // Messages are two minutes old when they arrive: they are given up after the third try.
  cloud = await testCloud({ packageFolder, now: () => Date.now() - 120_000 })
  const ids = furnishAccount(cloud, cloud.sites, cloud.stage)
  const { trust, permissions } = cloud.world.state.roles.get(ROLE)!
  const nobody = JSON.parse(JSON.stringify(trust).replaceAll('ragstream-edge-prod-', 'ragstream-edge-dev-'))
  cloud.world.dispatch({ type: 'PutRole', arn: ROLE, trust: nobody, permissions })
  await cloud.deploy()
  await isServed(home().hostname)
  const { address } = await startInstance(cloud, home(), ids[cloud.sites.indexOf(home())]!)
  const letter = await until(cloud, 'a dead letter', LONG, () =>
    [...queue('DnsDeadLetters').messages.values()].find(({ body }) => body.includes(ABROAD.hostname)),
  )
  await cloud.stack.idle()

  expect(letter.attributes?.reason).toMatch(
    /^ZoneUnreadable: app\.example\.org: zone Z0ABROAD cannot be read: RoleRefused: ragstream-edge-prod-dns-sync may not take the role arn:aws:iam::210987654321:role\/dns\/ragstream-edge-dns \(dnsRoleArn\): its trust policy must admit this function/,
  )
  expect(letter.attributes?.reason).toContain('npm run doctor prints the policies')
  expect(served(cloud.world.state, home())).toEqual([address])
  expect(calls('ChangeResourceRecordSets').filter(({ input }) => input.Id === 'Z0ABROAD')).toEqual([])
  expect([...queue('DnsDeadLetters').messages.values()].filter(({ body }) => body.includes(home().hostname))).toEqual(
    [],
  )
})
