// Sites that were read a moment ago may confirm that nothing is to do, and nothing else.

import { configureHost } from '../../../functions/lib/hosts/command.ts'
import { convergeHosts } from '../../../functions/lib/hosts/converge.ts'
import type { HostPorts } from '../../../functions/lib/hosts/ports.ts'
import { convergeDns } from '../../../functions/lib/records/converge.ts'
import { rememberSites } from '../../../functions/lib/steps/remember-sites.ts'
import { anInstance, aRecord, aSite, LAUNCH, ZONE } from '../../support/domain.ts'
import { fakeDns } from '../../support/fake-dns.ts'
import { fakeHosts } from '../../support/fake-hosts.ts'

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

describe('hosts', () => {
  const IMAGE = 'ragstream:2.0.0'

  /** One host, told and looked at once. */
  async function told() {
    const hosts = fakeHosts()
    hosts.sites = [aSite()]
    hosts.instances = [anInstance()]
    const { comment } = configureHost(aSite(), hosts.documentName)
    hosts.shown = [{ id: 'c-0', instanceId: ID, comment, status: 'Success', requestedAt: LAUNCH + 1 }]
    let reads = 0
    const ports = rememberSites({
      ...hosts,
      readSites: () => {
        reads += 1
        return hosts.readSites()
      },
      listInstances: () => hosts.listInstances(),
      listCommands: (id: string, since: number) => hosts.listCommands(id, since),
    })
    await convergeHosts(ports, hosts.request())
    return {
      hosts,
      converge: async (fields = {}, more: Partial<HostPorts> = {}) => {
        reads = 0
        const request = hosts.request({ deadline: hosts.clock.now() + 27_000, ...fields })
        const report = await convergeHosts({ ...ports, ...more }, request)
        return { report, reads }
      },
    }
  }

  test('the same event again: instances and commands are read, the sites are not', async () => {
    const { hosts, converge } = await told()
    hosts.calls.length = 0
    const { report, reads } = await converge(EVENTS)
    expect([reads, hosts.calls]).toEqual([0, [`list ${ID}`]])
    expect(report).toMatchObject({ plan: [{ action: 'keep' }], sent: [], wanted: new Set([ID]) })
  })

  type Of = Awaited<ReturnType<typeof told>>
  test.each<[string, (of: Of) => unknown, object]>([
    ['the event is about the site, or a look', () => {}, {}],
    ['a minute later', ({ hosts }) => hosts.clock.sleep(60_000), EVENTS],
    ['about an instance that none of them wants', () => {}, { eventsOf: new Set([ID, 'i-00000000000000009']) }],
    [
      'one of them cannot be understood',
      ({ hosts, converge }) => {
        hosts.broken = [{ hostname: 'bad.example.com', errors: [] }]
        return converge()
      },
      EVENTS,
    ],
  ])('the sites are read when %s', async (_, act, fields) => {
    const of = await told()
    await act(of)
    expect((await of.converge(fields)).reads).toBe(1)
  })

  test('an image that changed, and of which another process has told the host already: no command', async () => {
    const { hosts, converge } = await told()
    hosts.sites = [aSite(undefined, { image: IMAGE })]
    const { comment } = configureHost(hosts.sites[0]!, hosts.documentName)
    hosts.shown = [
      { id: 'c-1', instanceId: ID, comment, status: 'InProgress', requestedAt: LAUNCH + 2 },
      ...hosts.shown,
    ]
    const { reads } = await converge(EVENTS)
    expect([reads, hosts.sent]).toEqual([1, []])
  })

  test('a new start: the sites of its host are read by name before the command and after it', async () => {
    const { hosts, converge } = await told()
    const asked: (readonly string[])[] = []
    hosts.instances = [anInstance({ launchTime: LAUNCH + 30_000 })]
    hosts.sites = [aSite(undefined, { image: IMAGE }), aSite('b.example.com', { container: { hostPort: 8502 } })]
    const readAgain = async (hostnames: readonly string[]) => {
      asked.push(hostnames)
      return { sites: hosts.sites, broken: [] }
    }
    const { reads } = await converge(EVENTS, { readAgain })
    expect([reads, asked]).toEqual([0, [['app.example.com'], ['app.example.com']]])
    expect(hosts.sent.map(({ command }) => command.parameters.Image)).toEqual([IMAGE])
  })

  test('a new start: told what the site says now, not what it said', async () => {
    const { hosts, converge } = await told()
    hosts.sites = [aSite(undefined, { image: IMAGE })]
    hosts.instances = [anInstance({ launchTime: LAUNCH + 30_000 })]
    const { reads } = await converge(EVENTS)
    expect(hosts.sent.map(({ command }) => command.parameters.Image)).toEqual([IMAGE])
    // Before the command, and once more after it.
    expect(reads).toBe(2)
  })
})
