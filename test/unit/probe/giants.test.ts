// Strangers who answer with too much: a probe ends in time, and what it hands over fits into a sentence.
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { createServer } from 'node:tls'
import dnsPacket from 'dns-packet'
import { standingOf } from '../../../functions/lib/certificates/challenge.ts'
import { STREAMLIT } from '../../../functions/lib/domain/app.ts'
import { askServers } from '../../../functions/lib/probe/dns.ts'
import { askPath } from '../../../functions/lib/probe/http.ts'
import { askCertificate } from '../../../functions/lib/probe/tls.ts'
import { openAuthority } from '../../../local/machine/authority.ts'
import { holdTimersInEach } from '../../support/held-timers.ts'
import { listening, tcpServer } from '../../support/loopback.ts'

holdTimersInEach()

const NAME = 'app.example.com'
const ca = openAuthority()
afterAll(() => ca.close())

const size = (value: unknown): number => JSON.stringify(value).length

describe('TLS', () => {
  const shown = async (names: readonly string[], more = '') => {
    const { key, certificate, chain } = ca.issue(names)
    const port = await listening(createServer({ key, cert: certificate + chain + more }))
    return askCertificate({ address: '127.0.0.1', port, names: [NAME], limit: 5_000 })
  }

  test('a certificate for 1,000 names: twenty of them are told, and whether ours is among all is judged', async () => {
    const answer = await shown([...Array.from({ length: 999 }, (_, i) => `n${i}.example.net`), NAME])
    expect(answer).toMatchObject({ kind: 'served', certificate: { names: { length: 20 }, lacks: [] } })
  })

  test('a chain of 400 KB: the handshake ends', async () =>
    expect(await shown([NAME], ca.issue([NAME]).chain.repeat(300))).toEqual({ kind: 'ended' }))
})

describe('HTTP', () => {
  test.each([
    ['100,000 headers', `HTTP/1.1 200 OK\r\n${'A: b\r\n'.repeat(100_000)}\r\nok`],
    ['a header of 1 MB', `HTTP/1.1 200 OK\r\nServer: ${'x'.repeat(1_000_000)}\r\n\r\nok`],
    ['a status line of 1 MB', `HTTP/1.1 200 ${'x'.repeat(1_000_000)}\r\n\r\nok`],
  ])('%s: no answer', async (_, words) => {
    const port = await tcpServer((socket) => void socket.once('data', () => socket.end(words)))
    expect(await askPath({ address: '127.0.0.1', port, host: NAME, limit: 5_000 }, STREAMLIT.health.path)).toEqual({
      kind: 'ended',
    })
  })

  test('a body without end: its beginning', async () => {
    const port = await tcpServer((socket) => {
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n')
        const more = () => {
          while (socket.writable && socket.write('\u001b[2J'.repeat(10_000)));
        }
        socket.on('drain', more)
        more()
      })
    })
    const answer = await askPath({ address: '127.0.0.1', port, host: NAME, limit: 5_000 }, STREAMLIT.health.path)
    expect(answer).toMatchObject({ kind: 'answer', status: 200 })
    expect(size(answer)).toBeLessThan(600)
  })
})

describe('DNS', () => {
  const open: (() => void)[] = []
  afterEach(() => {
    for (const close of open.splice(0)) close()
  })

  type Answer = Parameters<typeof dnsPacket.encode>[0]['answers'] extends readonly (infer One)[] | undefined
    ? One
    : never

  /** By UDP a cut answer, by TCP the whole. @returns `ip:port` */
  async function nameServer(answers: readonly Answer[]): Promise<string> {
    const reply = (message: Buffer, flags: number, said: Answer[]) => {
      const { id = 0, questions = [] } = dnsPacket.decode(message)
      return dnsPacket.encode({
        id,
        type: 'response',
        flags: dnsPacket.AUTHORITATIVE_ANSWER | flags,
        questions,
        answers: said,
      })
    }
    const onConnection = (socket: Socket) =>
      void socket.on('data', (data) => {
        const whole = reply(data.subarray(2), 0, [...answers])
        const length = Buffer.alloc(2)
        length.writeUInt16BE(whole.length)
        socket.write(Buffer.concat([length, whole]))
      })
    const udp = createSocket('udp4')
    udp.on('message', (message, peer) =>
      udp.send(reply(message, dnsPacket.TRUNCATED_RESPONSE, []), peer.port, peer.address),
    )
    /** One number for both: that of TCP may be another process's for UDP. */
    const bound = async (): Promise<number> => {
      const port = await tcpServer(onConnection)
      udp.bind(port, '127.0.0.1')
      return once(udp, 'listening').then(() => port, bound)
    }
    const port = await bound()
    open.push(() => udp.close())
    return `127.0.0.1:${port}`
  }
  const alias = (from: string, to: string): Answer => ({ type: 'CNAME', name: from, ttl: 5, data: to })
  const chain = (length: number): Answer[] =>
    Array.from({ length }, (_, i) => alias(i === 0 ? NAME : `c${i}.example.net`, `c${i + 1}.example.net`))
  const address = (name: string, i = 9): Answer => ({ type: 'A', name, ttl: 42, data: `203.0.${i >> 8}.${i & 255}` })
  const txt = (name: string): Answer => ({
    type: 'TXT',
    name,
    ttl: 5,
    data: Array.from({ length: 200 }, () => 'x'.repeat(250)),
  })

  test.each<[string, readonly Answer[], object]>([
    ['a chain of 10 aliases', [...chain(10), address('c10.example.net')], { addresses: ['203.0.0.9'], ttl: 5 }],
    ['a chain of 500 aliases', [...chain(500), address('c500.example.net')], { addresses: ['203.0.0.9'], ttl: 5 }],
    ['a chain of 500 aliases to nowhere', chain(500), { addresses: [], code: 'ENODATA' }],
    ['an alias of itself', [alias(NAME, NAME)], { addresses: [], code: 'ENODATA' }],
    [
      'two aliases in a circle',
      [alias(NAME, 'b.example.net'), alias('b.example.net', NAME)],
      { addresses: [], code: 'ENODATA' },
    ],
    ['a TXT record of 50 KB beside the address', [txt(NAME), address(NAME)], { addresses: ['203.0.0.9'], ttl: 42 }],
  ])('%s', async (_, answers, said) => {
    const server = await nameServer(answers)
    expect(await askServers([server], NAME)).toEqual([expect.objectContaining({ server, ...said })])
  })

  test('2,000 addresses: no more than a record of Route 53 holds', async () => {
    const server = await nameServer(Array.from({ length: 2000 }, (_, i) => address(NAME, i)))
    const [answer] = await askServers([server], NAME)
    expect(answer!.addresses).toHaveLength(400)
  })

  test('a giant TXT record where the proof belongs is somebody else’s', () => {
    const values = Array.from({ length: 100 }, () => `"${'ragstream-edge until '.repeat(200)}"`)
    const record = { name: `_acme-challenge.${NAME}.`, type: 'TXT', ttl: 5, values } as const
    expect(standingOf([record], Date.now())).toEqual({ kind: 'foreign', found: 'a TXT record of somebody else' })
  })
})
