// The network between a visitor and the hosts: resolver, 1:1 NAT, security group, silence.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { networkInterfaces } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
import { attempt } from '../../../local/machine/command.ts'
import type { Host } from '../../../local/machine/nspawn/machine.ts'
import { untilNobody } from '../../support/at-rest.ts'
import { fetchAs, HTTP_FOR_ALL, nameServer, openRoom } from './bench.ts'

const [PUBLIC, PRIVATE, NAME] = ['203.0.113.10', '172.31.2.1', 'ragstream.rusbehabtahi.com']
let room: Awaited<ReturnType<typeof openRoom>>
let zone: Awaited<ReturnType<typeof nameServer>>
let host: Host

/** A page that says whose it is. */
const serve = (one: Host, text: string) =>
  one.exec(['sh', '-c', 'cat > /var/www/html/index.nginx-debian.html'], { stdin: text })

beforeAll(async () => {
  room = await openRoom()
  zone = await nameServer(room.cloudAddress, NAME, 60)
  host = await room.machine('i-net', { privateIp: PRIVATE })
  await host.boot()
  await serve(host, 'first host')
  zone.set(PUBLIC)
})
afterAll(async () => {
  zone?.close()
  await room?.close()
})
beforeEach(async () => {
  await room.associate(PUBLIC, PRIVATE)
  await room.setInbound(PRIVATE, HTTP_FOR_ALL)
})

test('a name leads through the resolver, which asks once while its answer lives', async () => {
  expect(await fetchAs(room, `http://${NAME}/`)).toBe('first host')
  expect(await fetchAs(room, `http://${NAME}/`)).toBe('first host')
  const lines = room.evidence.dnsQueries(NAME).filter(({ type, what }) => what !== 'query' || type === 'A')
  expect(lines.filter(({ what }) => what === 'query').map(({ peer }) => peer)).toContain('198.51.100.10')
  expect(lines).toContainEqual({ what: 'cached', name: NAME, value: PUBLIC })
  expect(zone.asked).toContainEqual({ name: NAME, by: room.callers.resolver })
})

test('the edge translates the public address to the private one and keeps the visitor’s', async () => {
  const outside = await room.evidence.capture('client', 'tcp port 80')
  const inside = await room.evidence.capture({ host: PRIVATE }, 'tcp port 80')
  expect(await fetchAs(room, `http://${PUBLIC}/`)).toBe('first host')
  const syn = ({ flags }: { flags: string }) => flags === 'S'
  expect((await outside.stop()).packets.find(syn)).toMatchObject({ src: '198.51.100.10', dst: PUBLIC, dport: 80 })
  expect((await inside.stop()).packets.find(syn)).toMatchObject({ src: '198.51.100.10', dst: PRIVATE, dport: 80 })
  expect((await room.evidence.connections(PUBLIC))[0]).toMatchObject({
    original: { src: '198.51.100.10', dst: PUBLIC },
    reply: { src: PRIVATE, dst: '198.51.100.10' },
  })
  expect((await room.evidence.accessLog(host)).at(-1)).toMatchObject({ client: '198.51.100.10', status: 200 })
})

test('what the security group does not list is dropped in silence', async () => {
  await untilNobody(host)
  await room.setInbound(PRIVATE, [])
  const outside = await room.evidence.capture('client', `host ${PUBLIC}`)
  const inside = await room.evidence.capture({ host: PRIVATE }, 'tcp')
  expect(await fetchAs(room, `http://${PUBLIC}/`)).toBeUndefined()
  const { packets } = await outside.stop()
  expect(packets.length).toBeGreaterThan(0)
  expect(packets.filter(({ src }) => src === PUBLIC)).toEqual([])
  expect((await inside.stop()).packets).toEqual([])
  const decisions = await room.evidence.groupDecisions(PRIVATE)
  expect(decisions).toEqual([{ verdict: 'drop', rule: '', packets: packets.length }])
})

test('a rule admits its source and its port, nothing else', async () => {
  await room.setInbound(PRIVATE, [{ protocol: 'tcp', port: 80, source: '198.51.100.10/32' }])
  expect(await fetchAs(room, `http://${PUBLIC}/`)).toBe('first host')
  expect(await attempt([...room.publicSide, 'curl', '-s', '-m', '2', `http://${PUBLIC}/`])).toBeUndefined()
  expect(await fetchAs(room, `http://${PUBLIC}:22/`)).toBeUndefined()
  expect(await fetchAs(room, `http://${PRIVATE}/`)).toBeUndefined()
})

test('closing the group cuts an open connection that everybody was allowed to make', async () => {
  const [program = '', ...rest] = [
    ...room.client,
    'bash',
    '-c',
    `exec 3<>/dev/tcp/${PUBLIC}/80 && echo open && read -t 60 -u 3 line; echo "ended"`,
  ]
  const open = spawn(program, rest)
  await once(open.stdout, 'data')
  const established = async () => (await room.evidence.connections(PUBLIC)).some(({ state }) => state === 'ESTABLISHED')
  while (!(await established())) await pause(50)
  await room.setInbound(PRIVATE, [])
  expect(await established()).toBe(false)
  open.kill('SIGKILL')
  await once(open, 'exit')
})

const EVERYTHING = { protocol: 'all', port: null, peer: '0.0.0.0/0' } as const
const ALLOWED = (['in', 'out'] as const).map((direction) => ({ direction, action: 'allow' as const, ...EVERYTHING }))

test('a network ACL keeps no state: answers are judged as well, and the first entry that matches decides', async () => {
  const health = () => fetchAs(room, `http://${PUBLIC}/`)
  const closed = { ...EVERYTHING, direction: 'in', action: 'deny', protocol: 'tcp', port: 80 } as const
  await room.setAcl(PRIVATE, [closed, ...ALLOWED])
  expect(await health()).toBeUndefined()
  await room.setAcl(PRIVATE, [...ALLOWED, closed])
  expect(await health()).toBe('first host')
  const ephemeral = { ...EVERYTHING, direction: 'out', action: 'allow', protocol: 'tcp' } as const
  await room.setAcl(PRIVATE, [ALLOWED[0]!, { ...ephemeral, port: { from: 80, to: 1023 } }])
  expect(await health()).toBeUndefined()
  await room.setAcl(PRIVATE, [ALLOWED[0]!, { ...ephemeral, port: { from: 1024, to: 65_535 } }])
  expect(await health()).toBe('first host')
  await room.setAcl(PRIVATE, ALLOWED)
})

test('without a route to the Internet no answer leaves; with it they do', async () => {
  await room.setInternetRoute(PRIVATE, false)
  await room.setInternetRoute(PRIVATE, false)
  const inside = await room.evidence.capture({ host: PRIVATE }, 'tcp port 80')
  expect(await fetchAs(room, `http://${PUBLIC}/`)).toBeUndefined()
  const { packets } = await inside.stop()
  expect(packets.filter(({ flags }) => flags === 'S').length).toBeGreaterThan(0)
  await room.setInternetRoute(PRIVATE, true)
  await room.setInternetRoute(PRIVATE, true)
  expect(await fetchAs(room, `http://${PUBLIC}/`)).toBe('first host')
})

test('a stopped host, an address nobody holds and a released address answer nothing', async () => {
  await host.powerOff()
  const outside = await room.evidence.capture('client', 'net 203.0.113.0/24 or icmp')
  expect(await fetchAs(room, `http://${PUBLIC}/`)).toBeUndefined()
  expect(await fetchAs(room, 'http://203.0.113.99/')).toBeUndefined()
  await host.boot()
  await room.disassociate(PUBLIC)
  expect(await fetchAs(room, `http://${PUBLIC}/`)).toBeUndefined()
  const { lines } = await outside.stop()
  expect(lines.filter((line) => /IP (203\.0\.113\.|198\.51\.100\.1 )/.test(line))).toEqual([])
  expect(lines.filter((line) => /IP 198\.51\.100\.10/.test(line)).length).toBeGreaterThan(2)
})

test('a released address leads to the stranger who gets it', async () => {
  const stranger = await room.machine('i-stranger', { privateIp: '172.31.2.2' })
  await stranger.boot()
  await serve(stranger, 'a stranger')
  await room.setInbound('172.31.2.2', HTTP_FOR_ALL)
  await room.associate(PUBLIC, '172.31.2.2')
  expect(await fetchAs(room, `http://${NAME}/`)).toBe('a stranger')
  // Neighbours in the VPC pass the same filter.
  const ask = (seconds: string) => ['curl', '-s', '-m', seconds, 'http://172.31.2.2/']
  expect((await host.exec(ask('60'))).stdout).toBe('a stranger')
  await room.setInbound('172.31.2.2', [])
  expect((await host.exec(ask('2'))).exitCode).toBe(28)
  await stranger.destroy()
})

test('the local cloud is reached from the public side, the hosts and the visitor, and nothing else of this machine is', async () => {
  const cloud = createServer((request, response) => response.end(request.socket.remoteAddress))
  cloud.listen(0, '0.0.0.0')
  await once(cloud, 'listening')
  const ask = (address: string, seconds = '60') => [
    'curl',
    '-s',
    '-m',
    seconds,
    `http://${address}:${(cloud.address() as AddressInfo).port}/`,
  ]
  expect(await attempt([...room.publicSide, ...ask(room.cloudAddress)])).toBe(room.callers.publicSide)
  expect(await attempt([...room.client, ...ask(room.cloudAddress)])).toBe(room.callers.client)
  expect((await host.exec(ask(room.cloudAddress))).stdout).toBe(room.callers.hosts)
  const own = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? [])
  for (const { address } of own.filter(({ family, internal }) => family === 'IPv4' && !internal)) {
    if (address.startsWith('198.18.')) continue
    expect(await attempt([...room.client, ...ask(address, '2')])).toBeUndefined()
  }
  cloud.close()
})
