// Name servers on loopback, asked as a visitor's resolver asks them: addresses with their time, or why there are none.
import { createSocket } from 'node:dgram'
import dnsPacket from 'dns-packet'
import { askServers } from '../../../functions/lib/probe/dns.ts'

type Answer = 'address' | 'alias to nowhere' | 'NXDOMAIN' | 'empty' | 'SERVFAIL'
const open: (() => void)[] = []
afterEach(() => {
  for (const close of open.splice(0)) close()
})

/** @returns `ip:port` */
async function nameServer(answer: Answer): Promise<string> {
  const socket = createSocket('udp4')
  socket.on('message', (message, peer) => {
    const { id = 0, questions = [] } = dnsPacket.decode(message)
    const code = { address: 0, 'alias to nowhere': 0, empty: 0, SERVFAIL: 2, NXDOMAIN: 3 }[answer]
    const name = questions[0]?.name ?? ''
    const answers = ['203.0.113.9', '203.0.113.1'].map((data) => ({ type: 'A' as const, name, ttl: 42, data }))
    const alias = [{ type: 'CNAME' as const, name, ttl: 42, data: 'nowhere.example.net' }]
    const said = answer === 'address' ? answers : answer === 'alias to nowhere' ? alias : []
    const flags = dnsPacket.AUTHORITATIVE_ANSWER | code
    const packet = { id, type: 'response' as const, flags, questions, answers: said }
    socket.send(dnsPacket.encode(packet), peer.port, peer.address)
  })
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  open.push(() => socket.close())
  return `127.0.0.1:${socket.address().port}`
}

test.each<[Answer, object]>([
  ['address', { addresses: ['203.0.113.1', '203.0.113.9'], ttl: 42, code: undefined }],
  ['alias to nowhere', { addresses: [], ttl: undefined, code: 'ENODATA' }],
  ['NXDOMAIN', { addresses: [], ttl: undefined, code: 'ENOTFOUND' }],
  ['empty', { addresses: [], ttl: undefined, code: 'ENODATA' }],
  ['SERVFAIL', { addresses: [], ttl: undefined, code: 'ESERVFAIL' }],
])('%s', async (answer, said) => {
  const server = await nameServer(answer)
  await expect(askServers([server], 'app.example.com')).resolves.toEqual([{ server, ...said }])
})

test('several servers: each with its own answer, in their order, and an address that is none', async () => {
  const [first, second] = [await nameServer('NXDOMAIN'), await nameServer('address')]
  const answers = await askServers([first, second, 'nonsense'], 'app.example.com')
  expect(answers.map(({ server, code }) => [server, code])).toEqual([
    [first, 'ENOTFOUND'],
    [second, undefined],
    ['nonsense', 'ERR_INVALID_IP_ADDRESS'],
  ])
})
