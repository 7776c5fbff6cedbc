// The arrows of the picture, one by one: a single page load, observed at every node that it passes.

import type { Packet } from '../../local/machine/nspawn/observe.ts'
import { decided, forwarded, judgeHops, VISITOR } from '../../local/picture/hops.ts'
import { type Observed, observeWalk } from '../../local/picture/walk.ts'
import { untilLive } from '../../local/scenario.ts'
import { pictureTest, withEvidence } from '../support/failure.ts'
import { type RealCloud, realCloud } from '../support/real.ts'

const NAME = 'ragstream.rusbehabtahi.com'

let cloud: RealCloud
let seen: Observed
beforeAll(async () => {
  cloud = await realCloud()
}, 600_000)
afterAll(() => cloud?.close())

const arrow = (name: string, body: () => void) =>
  test(name, async () => {
    if (!seen) throw new Error('nothing was observed: the first test says why')
    await withEvidence(name, () => cloud, body)
  })

const syn = ({ flags }: Packet) => flags === 'S'
const withData = ({ length }: Packet) => length > 0

pictureTest(
  'launched, and one visitor opens the page',
  () => cloud,
  async () => {
    const id = cloud.launch()
    const { address } = await untilLive(cloud, cloud.site, id, 300)
    // The look at what is live now asks the visitor's resolver, too.
    await cloud.stack.idle()
    const { privateIp } = cloud.world.state.instances.get(id)!
    const { room, visitor, dns: nameServer } = cloud
    const machine = cloud.machine(id)
    seen = await observeWalk({ room, visitor, nameServer, hostname: NAME, address, privateIp, machine })
    expect(judgeHops(seen).filter(({ exercised }) => !exercised)).toEqual([])
  },
)

describe('1) DNS query: ragstream.rusbehabtahi.com', () => {
  arrow('the browser asks the recursive resolver', () => {
    expect(seen.resolver).toContainEqual({ what: 'query', name: NAME, type: 'A', peer: VISITOR })
  })

  arrow('the resolver asks the authoritative server, and nobody else does', () => {
    expect(seen.resolver).toContainEqual({ what: 'forwarded', name: NAME, peer: cloud.dns.address })
    // The functions ask it as well: the site counts as live only when its name servers say so.
    const askers = seen.authoritative.filter(({ type }) => type === 'A').map(({ from }) => from)
    // A resolver that waits for a second asks again.
    expect([...new Set(askers.filter((from) => from !== cloud.room.callers.publicSide))]).toEqual([
      cloud.room.callers.resolver,
    ])
  })
})

arrow('2) DNS answer: <ec2-public-ip>: from Route 53, for 60 seconds, an address and nothing else', () => {
  const [answer] = seen.authoritative.filter(({ type }) => type === 'A')
  expect(answer).toMatchObject({ rcode: 'NOERROR', answers: [{ name: NAME, type: 'A', ttl: 60, value: seen.address }] })
  expect(seen.resolver).toContainEqual({ what: 'reply', name: NAME, value: seen.address })
})

arrow('3) Browser learns <ec2-public-ip>', () => {
  expect(seen.visit.server?.address).toBe(seen.address)
})

describe('4) HTTP request to <ec2-public-ip>:80 (default for http)', () => {
  arrow('the browser chooses port 80 by itself', () => {
    expect(seen.visit.server).toEqual({ address: seen.address, port: 80 })
    expect(seen.packets.outside.filter(syn)[0]).toMatchObject({ src: VISITOR, dst: seen.address, dport: 80 })
  })

  arrow('the edge maps the public address 1:1 to the private one, and keeps the visitor’s', () => {
    const sent = seen.packets.outside.find(syn)
    // The functions look at the site too: of all that arrives, the packet that the visitor sent.
    const received = seen.packets.inside.find((packet) => syn(packet) && packet.sport === sent?.sport)
    expect(received).toMatchObject({ src: VISITOR, dst: seen.privateIp, dport: 80 })
    expect(seen.packets.inside.filter(({ src, dst }) => [src, dst].includes(seen.address))).toEqual([])
    expect(seen.connections).toContainEqual(
      expect.objectContaining({
        original: { src: VISITOR, dst: seen.address, sport: sent?.sport, dport: 80 },
        reply: { src: seen.privateIp, dst: VISITOR, sport: 80, dport: sent?.sport },
      }),
    )
  })

  arrow('the host does not own its public address', () => {
    expect(seen.hostAddresses).toContain(seen.privateIp)
    expect(seen.hostAddresses).not.toContain(seen.address)
  })

  arrow('the security group lets TCP 80 in, and drops 8501 without an answer', () => {
    expect(seen.group.after.map(({ verdict, rule }) => `${verdict} ${rule}`.trim())).toEqual([
      'accept ip saddr 0.0.0.0/0 tcp dport 80',
      'drop',
    ])
    expect(decided(seen, 'accept')).toBeGreaterThan(0)
    expect(decided(seen, 'drop')).toBeGreaterThan(0)
    expect(seen.answers.port8501).toBeUndefined()
    expect(seen.answers.private8501).toBeUndefined()
  })

  arrow('nginx listens on port 80 of all interfaces, and sees the visitor', () => {
    expect(seen.listeners).toContainEqual({ address: '0.0.0.0', port: 80 })
    expect(seen.access).toContainEqual(
      expect.objectContaining({ client: VISITOR, request: 'GET / HTTP/1.1', status: 200 }),
    )
  })
})

describe('5) Reverse proxy to http://127.0.0.1:8501', () => {
  arrow('the Host header selects the server: another name gets no site', () => {
    expect(seen.answers.health).toBe('ok')
    expect(seen.answers.wrongHost).not.toBe('ok')
    expect(seen.visit).toMatchObject({ status: 200, title: 'RAGstream' })
  })

  arrow('nginx connects over loopback', () => {
    expect(seen.packets.loopback.filter(syn)[0]).toMatchObject({ src: '127.0.0.1', dst: '127.0.0.1', dport: 8501 })
  })

  arrow('8501 listens on loopback only', () => {
    expect(seen.listeners.filter(({ port }) => port === 8501)).toEqual([{ address: '127.0.0.1', port: 8501 }])
  })

  arrow('Docker publishes it to the container, where Streamlit listens on all interfaces', () => {
    const { address, listeners } = seen.container
    expect(seen.packets.bridge.filter(syn)[0]).toMatchObject({ dst: address, dport: 8501 })
    // In a network of one's own, Docker's resolver listens at 127.0.0.11 of each container.
    expect(listeners.filter((one) => one.address !== '127.0.0.11')).toEqual([{ address: '0.0.0.0', port: 8501 }])
  })

  arrow('the app sees the name, the visitor’s real address and the protocol', () => {
    expect(forwarded(seen.visit)).toEqual({
      host: NAME,
      'x-real-ip': VISITOR,
      'x-forwarded-for': VISITOR,
      'x-forwarded-proto': 'http',
    })
  })
})

describe('6) Response', () => {
  arrow('from the container over the bridge, and over loopback to nginx', () => {
    const { bridge, loopback } = seen.packets
    expect(bridge.filter(withData)).toContainEqual(
      expect.objectContaining({ src: seen.container.address, sport: 8501 }),
    )
    expect(loopback.filter(withData)).toContainEqual(expect.objectContaining({ src: '127.0.0.1', sport: 8501 }))
  })

  arrow('the page’s WebSocket lives through all of it', () => {
    expect(seen.visit.webSocket).toMatchObject({ url: `ws://${NAME}/_stcore/stream`, open: true })
    expect(seen.visit.webSocket?.framesReceived).toBeGreaterThan(0)
    const streams = seen.access.filter(
      ({ client, request }) => client === VISITOR && request.includes('/_stcore/stream'),
    )
    expect(streams.map(({ status }) => status)).toEqual([101])
  })
})

describe('7) Response back to client', () => {
  arrow('leaves the host from its private address, and the edge from the public one', () => {
    const back = (packets: readonly Packet[]) => packets.filter((one) => one.dst === VISITOR && withData(one))
    expect(new Set(back(seen.packets.inside).map(({ src, sport }) => `${src}:${sport}`))).toEqual(
      new Set([`${seen.privateIp}:80`]),
    )
    expect(new Set(back(seen.packets.outside).map(({ src, sport }) => `${src}:${sport}`))).toEqual(
      new Set([`${seen.address}:80`]),
    )
  })

  arrow('the page is rendered', () => {
    expect(seen.visit).toMatchObject({ rendered: true, failure: null })
    expect(seen.visit.text).toContain('version 1.4.0')
  })
})
