// What the tests of the real machine share: a room, a name server for one name, a visitor without a browser.
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import dns from 'dns-packet'
import { attempt } from '../../../local/machine/command.ts'
import { type NspawnRoom, nspawnRoom } from '../../../local/machine/nspawn/room.ts'
import { DEFAULT_SUITE, SUITES, type Suite } from '../../../local/machine/prepare/debian.ts'

/** The system of the hosts: `HOST_SUITE`, else Debian 12. */
export const SUITE = suiteOf(process.env.HOST_SUITE ?? DEFAULT_SUITE)

export const openRoom = (options: { readonly layers?: boolean } = {}): Promise<NspawnRoom> =>
  nspawnRoom({ yes: true, suite: SUITE, ...options })

/** The authoritative server of the zone, as small as it can be: one A record, everything else does not exist there. */
export async function nameServer(address: string, name: string, ttl: number) {
  let value: string | undefined
  const asked: { readonly name: string; readonly by: string }[] = []
  const socket = createSocket('udp4')
  socket.on('message', (message, from) => {
    const query = dns.decode(message)
    const question = query.questions?.[0]
    if (question?.type === 'A') asked.push({ name: question.name, by: from.address })
    const answers =
      question?.name === name && question.type === 'A' && value ? [{ type: 'A' as const, name, ttl, data: value }] : []
    const reply = {
      type: 'response' as const,
      id: query.id ?? 0,
      flags: dns.AUTHORITATIVE_ANSWER,
      questions: query.questions ?? [],
      answers,
    }
    socket.send(dns.encode(reply), from.port, from.address)
  })
  socket.bind(53, address)
  await once(socket, 'listening')
  return {
    asked,
    set(address: string) {
      value = address
    },
    close: () => socket.close(),
  }
}

/** What curl in the visitor's namespace gets: the body, or undefined where nothing answers; his kernel gives a dead address up after 3 s. */
export async function fetchAs(room: NspawnRoom, url: string): Promise<string | undefined> {
  return attempt([...room.client, 'curl', '--silent', '--max-time', '60', url])
}

export const HTTP_FOR_ALL = [{ protocol: 'tcp', port: 80, source: '0.0.0.0/0' }] as const

function suiteOf(name: string): Suite {
  const suite = SUITES.find((one) => one === name)
  if (!suite) throw new Error(`HOST_SUITE: found ${name}, wanted one of ${SUITES.join(', ')}`)
  return suite
}
