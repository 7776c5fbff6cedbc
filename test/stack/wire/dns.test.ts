// The zones' name servers, asked by Node's own resolver and, where it shows too little, packet by packet.
import { createSocket } from 'node:dgram'
import { Resolver } from 'node:dns/promises'
import dnsPacket, { type Packet } from 'dns-packet'
import { type DnsServer, startDns } from '../../../local/wire/dns.ts'
import type { AnsweredQuery } from '../../../local/wire/dns-answer.ts'
import { nextDue, step } from '../../../local/world/step.ts'
import type { Action, RecordSet, World } from '../../../local/world/types.ts'
import { createWorld } from '../../../local/world/world.ts'

let dns: DnsServer
let resolver: Resolver
let state: World
let queries: AnsweredQuery[]

const apply = <T extends Action['type']>(action: Extract<Action, { type: T }>, now = 0) => {
  state = step<T>(state, action, now).state
}
const set = (name: string, type: string, values: string[], more: Partial<RecordSet> = {}): RecordSet => ({
  name,
  type,
  ttl: 60,
  values,
  ...more,
})
const create = (...records: RecordSet[]) => {
  const changes = records.map((record) => ({ action: 'CREATE', record }) as const)
  apply({ type: 'ChangeResourceRecordSets', zoneId: 'Z1', changes })
  apply({ type: 'Advance' }, nextDue(state)!)
}

beforeEach(async () => {
  state = createWorld()
  queries = []
  apply({ type: 'CreateHostedZone', id: 'Z1', name: 'example.com' })
  const world = {
    get state() {
      return state
    },
  }
  dns = await startDns({ world, onQuery: (query) => queries.push(query) })
  // Server and resolver share a thread: only a lost answer should take so long.
  resolver = new Resolver({ timeout: 60_000, tries: 1 })
  resolver.setServers([`${dns.address}:${dns.port}`])
})
afterEach(() => dns.close())

/** One query over UDP, by hand. */
async function ask(name: string, type: string, more: Partial<Packet> = {}): Promise<Packet & { bytes: number }> {
  const query = dnsPacket.encode({ type: 'query', id: 7, questions: [{ name, type }], ...more })
  const message = await askRaw(query)
  return { ...dnsPacket.decode(message), bytes: message.length }
}

async function askRaw(query: Buffer): Promise<Buffer> {
  const socket = createSocket('udp4')
  try {
    return await new Promise<Buffer>((resolve) => {
      socket.once('message', resolve)
      socket.send(query, dns.port, dns.address)
    })
  } finally {
    socket.close()
  }
}

test('an A record, whatever the case of the question, with its TTL', async () => {
  create(set('www.example.com', 'A', ['203.0.113.10', '203.0.113.11']))
  expect(await resolver.resolve4('WWW.Example.com', { ttl: true })).toEqual([
    { address: '203.0.113.10', ttl: 60 },
    { address: '203.0.113.11', ttl: 60 },
  ])
  expect(queries).toMatchObject([{ type: 'A', rcode: 'NOERROR', transport: 'udp', from: '127.0.0.1' }])
  expect(queries[0]?.answers[0]).toEqual({ name: 'www.example.com', type: 'A', ttl: 60, value: '203.0.113.10' })
})

test('a change that is still PENDING is not served', async () => {
  const changes = [{ action: 'CREATE', record: set('new.example.com', 'A', ['203.0.113.10']) }] as const
  apply({ type: 'ChangeResourceRecordSets', zoneId: 'Z1', changes })
  await expect(resolver.resolve4('new.example.com')).rejects.toMatchObject({ code: 'ENOTFOUND' })
  apply({ type: 'Advance' }, nextDue(state)!)
  expect(await resolver.resolve4('new.example.com')).toEqual(['203.0.113.10'])
})

test('other types as Node reads them', async () => {
  create(
    set('v6.example.com', 'AAAA', ['2001:db8::1']),
    set('alias.example.com', 'CNAME', ['v6.example.com']),
    set('_acme-challenge.example.com', 'TXT', ['"one" "two"', '"say \\"hi\\""']),
    set('example.com', 'MX', ['10 mail.example.com']),
    set('example.com', 'CAA', ['0 issue "letsencrypt.org"']),
  )
  expect(await resolver.resolve6('alias.example.com')).toEqual(['2001:db8::1'])
  expect(await resolver.resolveCname('alias.example.com')).toEqual(['v6.example.com'])
  expect((await resolver.resolveTxt('_acme-challenge.example.com')).sort()).toEqual([['one', 'two'], ['say "hi"']])
  expect(await resolver.resolveMx('example.com')).toMatchObject([{ exchange: 'mail.example.com', priority: 10 }])
  expect(await resolver.resolveCaa('example.com')).toMatchObject([{ critical: 0, issue: 'letsencrypt.org' }])
  expect(await resolver.resolveNs('example.com')).toHaveLength(4)
  expect(await resolver.resolveSoa('example.com')).toMatchObject({ nsname: 'ns-1.awsdns-00.com', minttl: 86_400 })
})

describe('negative answers', () => {
  const soa = [{ name: 'example.com', type: 'SOA', ttl: 900 }]

  test('a name that does not exist: NXDOMAIN, to be remembered for 900 s', async () => {
    const answer = await ask('nope.example.com', 'A')
    expect(answer).toMatchObject({ rcode: 'NXDOMAIN', flag_aa: true, answers: [], authorities: soa })
  })

  test('a name without that type: no error, no answer', async () => {
    create(set('www.example.com', 'A', ['203.0.113.10']))
    expect(await ask('www.example.com', 'AAAA')).toMatchObject({ rcode: 'NOERROR', answers: [], authorities: soa })
    await expect(resolver.resolve6('www.example.com')).rejects.toMatchObject({ code: 'ENODATA' })
  })

  test('a name that only has names below it exists', async () => {
    create(set('a.b.example.com', 'A', ['203.0.113.10']))
    expect(await ask('b.example.com', 'A')).toMatchObject({ rcode: 'NOERROR', answers: [] })
  })

  test('a foreign name, and a private zone, are refused', async () => {
    apply({ type: 'CreateHostedZone', id: 'Z2', name: 'internal.org', privateZone: true })
    for (const name of ['example.org', 'notexample.com', 'internal.org']) {
      expect(await ask(name, 'A')).toMatchObject({ rcode: 'REFUSED', flag_aa: false, answers: [] })
    }
  })
})

test('a wildcard answers for names that do not exist, and only for those', async () => {
  create(set('*.example.com', 'A', ['203.0.113.1']), set('www.example.com', 'TXT', ['"here"']))
  expect(await resolver.resolve4('any.thing.example.com')).toEqual(['203.0.113.1'])
  await expect(resolver.resolve4('www.example.com')).rejects.toMatchObject({ code: 'ENODATA' })
})

test('an alias answers with the records of its target', async () => {
  const alias = { hostedZoneId: 'Z1', dnsName: 'www.example.com', evaluateTargetHealth: false }
  create(set('www.example.com', 'A', ['203.0.113.1']), set('example.com', 'A', [], { ttl: null, alias }))
  expect(await resolver.resolve4('example.com')).toEqual(['203.0.113.1'])
})

describe('large answers', () => {
  const addresses = Array.from({ length: 30 }, (_, i) => `203.0.113.${i + 10}`)

  test('over 512 bytes the answer is cut, and comes whole over TCP', async () => {
    create(set('many.example.com', 'A', addresses))
    const cut = await ask('many.example.com', 'A')
    expect(cut).toMatchObject({ flag_tc: true, answers: [] })
    expect(cut.bytes).toBeLessThanOrEqual(512)
    expect((await resolver.resolve4('many.example.com')).sort()).toEqual([...addresses].sort())
    expect(queries.at(-1)?.transport).toBe('tcp')
  })

  test('with EDNS it fits into one datagram', async () => {
    create(set('many.example.com', 'A', addresses))
    const opt = { name: '.', type: 'OPT', udpPayloadSize: 1232, flags: 0, options: [] }
    const whole = await ask('many.example.com', 'A', { additionals: [opt] })
    expect(whole.answers).toHaveLength(30)
    expect(whole).toMatchObject({ flag_tc: false, additionals: [{ type: 'OPT' }] })
  })
})

test('what it cannot read gets FORMERR, what it does not know gets no data; it goes on', async () => {
  const broken = Buffer.concat([Buffer.from([0, 9, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]), Buffer.from([63, 1, 2])])
  expect(dnsPacket.decode(await askRaw(broken))).toMatchObject({ id: 9, rcode: 'FORMERR' })
  expect(await ask('example.com', 'HTTPS')).toMatchObject({ rcode: 'NOERROR', answers: [] })
  expect(await ask('example.com', 'UNKNOWN_65280')).toMatchObject({ rcode: 'NOERROR', answers: [] })
  expect(await resolver.resolveNs('example.com')).toHaveLength(4)
})
