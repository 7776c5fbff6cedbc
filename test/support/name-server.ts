// A name server on loopback, closed after the test.
import { createSocket } from 'node:dgram'
import dnsPacket from 'dns-packet'

export type Answer = 'address' | 'alias to nowhere' | 'NXDOMAIN' | 'empty' | 'SERVFAIL'

const open: (() => void)[] = []

afterEach(() => {
  for (const close of open.splice(0)) close()
})

/** @returns `ip:port` */
export async function nameServer(answer: Answer, addresses = ['203.0.113.9', '203.0.113.1']): Promise<string> {
  const socket = createSocket('udp4')
  socket.on('message', (message, peer) => {
    const { id = 0, questions = [] } = dnsPacket.decode(message)
    const code = { address: 0, 'alias to nowhere': 0, empty: 0, SERVFAIL: 2, NXDOMAIN: 3 }[answer]
    const name = questions[0]?.name ?? ''
    const answers = addresses.map((data) => ({ type: 'A' as const, name, ttl: 42, data }))
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
