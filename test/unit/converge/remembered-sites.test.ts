// Sites that were read a moment ago may confirm that nothing is to do, and nothing else.
import { convergeDns } from '../../../functions/lib/converge/dns.ts'
import { rememberSites } from '../../../functions/lib/converge/memory.ts'
import { anInstance, aRecord, aSite, ZONE } from '../../support/domain.ts'
import { fakeDns } from '../../support/fake-dns.ts'

const ID = anInstance().id
const EVENTS = { eventsOf: new Set([ID]) }

/** All right, and looked at once. */
async function settled() {
  const dns = fakeDns()
  dns.sites = [aSite()]
  dns.instances = [anInstance()]
  dns.zones.set(ZONE, [aRecord()])
  let reads = 0
  const ports = rememberSites({
    ...dns,
    readSites: () => {
      reads += 1
      return dns.readSites()
    },
    listInstances: () => dns.listInstances(),
  })
  await convergeDns(ports, dns.request())
  return {
    dns,
    converge: async (fields = {}) => {
      reads = 0
      const report = await convergeDns(ports, dns.request({ deadline: dns.clock.now() + 27_000, ...fields }))
      return { report, reads }
    },
  }
}

test('the same event again: instances and records are read, the sites are not', async () => {
  const { dns, converge } = await settled()
  dns.calls.length = 0
  const { report, reads } = await converge(EVENTS)
  expect(reads).toBe(0)
  expect(dns.calls).toEqual([`list ${ZONE}`])
  expect(report).toMatchObject({ plan: [{ action: 'keep' }], applied: [], wanted: new Set([ID]) })
})

type Of = Awaited<ReturnType<typeof settled>>
test.each<[string, (of: Of) => unknown, object]>([
  ['the event is about the site, or a look', () => {}, {}],
  ['a minute later', ({ dns }) => dns.clock.sleep(60_000), EVENTS],
  ['about an instance that none of them wants', () => {}, { eventsOf: new Set([ID, 'i-00000000000000009']) }],
  ['one of them cannot be understood', () => {}, EVENTS],
])('the sites are read when %s', async (name, act, fields) => {
  const of = await settled()
  if (name.startsWith('one of them')) {
    of.dns.broken = [{ hostname: 'bad.example.com', errors: [] }]
    await of.converge()
  }
  await act(of)
  expect((await of.converge(fields)).reads).toBe(1)
})

test('nothing is written by remembered sites: one that has changed since is read first', async () => {
  const { dns, converge } = await settled()
  dns.instances = [anInstance({ publicIp: '203.0.113.2' })]
  dns.sites = [aSite('app.example.com', { ttl: 300 })]
  const { reads } = await converge(EVENTS)
  expect(dns.zones.get(ZONE)).toEqual([aRecord({ values: ['203.0.113.2'], ttl: 300 })])
  expect(dns.calls.filter((call) => call.startsWith('change'))).toHaveLength(1)
  // Before the write, and once more after it.
  expect(reads).toBe(2)
})

test('a new name of a site is read in its zone, too', async () => {
  const { dns, converge } = await settled()
  dns.instances = [anInstance({ publicIp: '203.0.113.2' })]
  dns.sites = [aSite('app.example.com', { aliases: ['www.example.com'] })]
  const { report } = await converge(EVENTS)
  expect(report.plan.map(({ name, action }) => `${action} ${name}`)).toEqual([
    'keep app.example.com.',
    'keep www.example.com.',
  ])
  expect(
    dns.zones
      .get(ZONE)
      ?.map(({ name, values }) => `${name} ${values}`)
      .sort(),
  ).toEqual(['app.example.com. 203.0.113.2', 'www.example.com. 203.0.113.2'])
})
