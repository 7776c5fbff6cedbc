// HTTPS as a visitor meets it: switched on under a running site, renewed while the instance sleeps, the new one served after the start.
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request as plainRequest } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openAuthority } from '../../local/machine/authority.ts'
import { attempt } from '../../local/machine/command.ts'
import { type Visitor, visitor } from '../../local/machine/nspawn/browser.ts'
import { startInstance, stopInstance, until, untilLive } from '../../local/scenario.ts'
import type { GroupRule } from '../../local/world/vpc-types.ts'
import { expectLooked } from '../support/ask.ts'
import { pictureTest } from '../support/failure.ts'
import { startInstanceMetadata } from '../support/instance-role.ts'
import { type Pebble, startPebble } from '../support/pebble.ts'
import { type RealCloud, realCloud } from '../support/real.ts'
import { tlsPackage } from '../support/tls-package.ts'

const PATIENCE = 300
const SSM = 'ssm.eu-central-1.amazonaws.com'

let cloud: RealCloud
let pebble: Pebble
let browser: Visitor
let root: string
const home = mkdtempSync(join(tmpdir(), 'ragstream-edge-home-'))
const ca = openAuthority()
const undo: (() => unknown)[] = [() => rmSync(home, { recursive: true }), () => ca.close()]

beforeAll(async () => {
  const packageFolder = await tlsPackage({}, false)
  undo.push(() => rmSync(packageFolder, { recursive: true }))
  const environment: Record<string, string> = {}
  cloud = await realCloud({ packageFolder, environment }, async ({ dns, room }) => {
    pebble = await startPebble(`${dns.address}:${dns.port}`, room.cloudAddress)
    Object.assign(environment, pebble.environment)
  })
  undo.push(
    () => pebble.close(),
    () => cloud.close(),
  )
  root = join(home, 'root.pem')
  writeFileSync(root, await pebble.root())
  trust(root)
  browser = await visitor(cloud.room, home)
  undo.push(() => browser.close())
}, 600_000)
afterAll(async () => {
  for (const step of undo.splice(0).reverse()) await step()
})

/** As a person adds an authority to Chromium on Linux. */
function trust(certificate: string): void {
  const database = join(home, '.pki', 'nssdb')
  mkdirSync(database, { recursive: true })
  const certutil = (...words: string[]) => execFileSync('certutil', ['-d', `sql:${database}`, ...words])
  certutil('-N', '--empty-password')
  certutil('-A', '-t', 'C,,', '-n', 'the test', '-i', certificate)
}

/** EC2's metadata and the endpoint of Systems Manager where this host finds them, after every boot: the second is the local cloud by HTTPS. */
async function giveRole(id: string): Promise<void> {
  const { cloudAddress } = cloud.room
  const metadata = await startInstanceMetadata(cloudAddress, cloud.wire.secretOf('local-admin'))
  const { key, certificate, chain } = ca.issue([SSM])
  const door = createServer({ key, cert: certificate + chain }, (incoming, outgoing) => {
    const { method = 'GET', headers, url = '/' } = incoming
    const onward = plainRequest(new URL(url, cloud.wire.url), { method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(outgoing)
    })
    incoming.pipe(onward)
  }).listen(0, cloudAddress)
  await once(door, 'listening')
  undo.push(
    () => metadata.close(),
    () => door.close(),
  )
  const { port } = door.address() as AddressInfo
  const curlrc = [
    `connect-to = "169.254.169.254:80:${cloudAddress}:${metadata.port}"`,
    `connect-to = "${SSM}:443:${cloudAddress}:${port}"`,
    'cacert = "/root/ca.pem"',
  ]
  const machine = cloud.machine(id)
  await machine.exec(['sh', '-c', 'cat >/root/ca.pem'], { stdin: ca.root })
  await machine.exec(['sh', '-c', 'cat >/root/.curlrc'], { stdin: `${curlrc.join('\n')}\n` })
}

const document = `/ragstream-edge/prod/certificates/ragstream.rusbehabtahi.com`
const certificate = (): { path: string } | undefined => {
  const text = cloud.world.state.parameters.get(document)?.value
  return text === undefined ? undefined : JSON.parse(text)
}

const switchOn = () => {
  const name = `/ragstream-edge/prod/sites/${cloud.site.hostname}`
  const value = JSON.stringify({ ...JSON.parse(cloud.world.state.parameters.get(name)!.value), tls: 'acme' })
  cloud.world.dispatch({ type: 'PutParameter', name, value, overwrite: true })
}

/** Resolves once a command with this certificate has ended well on the instance; of two the older one may have changed nothing. */
const servedBy = (id: string, path: string) =>
  until(cloud, `${id} serves ${path}`, PATIENCE, ({ commands }) => {
    const mine = [...commands.values()].filter(({ parameters }) => parameters.TlsPath?.[0] === path)
    const ended = mine
      .map(({ invocations }) => invocations.get(id))
      .find((one) => one && one.endedAt !== null && !one.stdout.includes('result=superseded'))
    if (ended && ended.status !== 'Success') throw new Error(ended.stdout)
    return ended
  })

/** Of the certificate that a visitor is shown, if name and chain are good; undefined if not. */
async function serial(): Promise<string | undefined> {
  const { hostname } = cloud.site
  const asked = `openssl s_client -connect ${hostname}:443 -servername ${hostname} -verify_hostname ${hostname} -verify_return_error -CAfile ${root}`
  const script = `${asked} </dev/null 2>/dev/null | openssl x509 -noout -serial`
  return (await attempt([...cloud.room.client, 'sh', '-c', script]))?.trim()
}

/** Resolves once packets meet them. */
async function setRules(groupId: string, inbound: readonly GroupRule[]): Promise<void> {
  cloud.world.dispatch({ type: 'SetGroupRules', groupId, inbound })
  await cloud.hosts.settled()
}

pictureTest(
  'HTTPS: switched on, met by a browser, renewed in sleep, the new certificate served after the start',
  () => cloud,
  async () => {
    const { world, site } = cloud
    const { securityGroups } = world.state.vpc
    const group = [...securityGroups.values()].find(({ inbound }) => inbound.some(({ ports }) => ports?.from === 80))!
    const inbound = [...group.inbound, { protocol: 'tcp' as const, ports: { from: 443, to: 443 }, source: '0.0.0.0/0' }]
    await setRules(group.id, inbound)
    const id = cloud.launch()
    await untilLive(cloud, site, id, PATIENCE)
    await giveRole(id)

    switchOn()
    const first = await until(cloud, 'a certificate', PATIENCE, () => certificate())
    expect((await servedBy(id, first.path)).stdout).toContain('step=port-443-health result=ok')
    const visit = await browser.visit(`http://${site.hostname}/`, { timeoutMs: 60_000 })
    expect(visit).toMatchObject({
      rendered: true,
      title: 'RAGstream',
      server: { port: 443 },
      webSocket: { url: expect.stringMatching(`^wss://${site.hostname}/`), open: true },
      headers: { 'X-Forwarded-Proto': 'https' },
    })
    const shown = await serial()
    expect(shown).toMatch(/^serial=[0-9A-F]+$/)

    // The function does not know the test's authority, and says so beside the live site.
    await expectLooked(cloud, 'live', ({ causes }) => expect(causes).toMatchObject([{ name: 'certificate-untrusted' }]))
    await setRules(group.id, group.inbound)
    await expectLooked(cloud, 'broken', ({ causes }) =>
      expect(causes).toMatchObject([{ name: 'tls-closed', hop: 'security group' }]),
    )
    await setRules(group.id, inbound)

    await stopInstance(cloud, site, id, PATIENCE)
    const day = 24 * 3600_000
    const [notBefore, notAfter] = [-70, 20].map((days) => new Date(Date.now() + days * day).toISOString())
    const aged = JSON.stringify({ ...first, notBefore, notAfter })
    world.dispatch({ type: 'PutParameter', name: document, value: aged, overwrite: true })
    cloud.stack.triggerSchedule('CertificatesDueRule')
    const second = await until(cloud, 'a renewed certificate', PATIENCE, () =>
      certificate()?.path === first.path ? undefined : certificate(),
    )
    await startInstance(cloud, site, id, PATIENCE)
    await servedBy(id, second.path)
    await cloud.room.emptyResolverCache()
    expect(await browser.visit(`https://${site.hostname}/`, { timeoutMs: 60_000 })).toMatchObject({ rendered: true })
    const renewed = await serial()
    expect(renewed).toMatch(/^serial=[0-9A-F]+$/)
    expect(renewed).not.toBe(shown)
  },
)
