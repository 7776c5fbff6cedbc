// resync as a person or the schedule invokes it: what it mends, what it says, and that a dry run says the same.

import type { Diagnosis } from '../../functions/lib/diagnosis/diagnosis.ts'
import { AgentNotRegistered } from '../../functions/lib/domain/errors.ts'
import type { RecordNews, ReportedProblems } from '../../functions/lib/domain/news.ts'
import { configureHost } from '../../functions/lib/hosts/command.ts'
import type { Inspection } from '../../functions/lib/hosts/inspection.ts'
import { type LiveMark, liveName, readState, type WholeState } from '../../functions/lib/outcome/state.ts'
import { resyncSites } from '../../functions/resync/handler.ts'
import { anInstance, aRecord, aSite, LAUNCH, ZONE } from '../support/domain.ts'
import { fakeDns } from '../support/fake-dns.ts'
import { fakeHosts } from '../support/fake-hosts.ts'
import { aDiagnosis } from '../support/fake-outcome.ts'
import { anInspection } from '../support/inspection.ts'
import { remembering } from '../support/telemetry.ts'

const SITE = 'app.example.com'
const OTHER = 'b.example.com'
const ID = anInstance().id
const sites = [aSite(), aSite(OTHER, { container: { hostPort: 8502 } })]
const instances = [anInstance(), anInstance({ id: 'i-2', tags: { Name: 'b' }, publicIp: '203.0.113.2' })]

/** Both sites as they should be; the fields say what is not. */
function setUp(inspected: (instanceId: string) => Inspection | undefined = () => undefined) {
  const [dns, hosts, telemetry] = [fakeDns(), fakeHosts(), remembering()]
  Object.assign(dns, { sites, instances })
  Object.assign(hosts, { sites, instances })
  dns.zones.set(ZONE, [aRecord(), aRecord({ name: `${OTHER}.`, values: ['203.0.113.2'] })])
  hosts.shown = sites.map((site, index) => ({
    ...{ id: `c-${index}`, instanceId: instances[index]!.id, status: 'Success', requestedAt: LAUNCH + 1 },
    comment: configureHost(site, hosts.documentName).comment,
  }))
  const hashes = new Map(sites.map((site, index) => [instances[index]!.id, configureHost(site, hosts.documentName)]))
  const asTold = (id: string) => anInspection({ applied: hashes.get(id)!.parameters.SiteHash! })
  const inspect = async (id: string) => {
    const found = inspected(id)
    return found && { ...found, applied: found.applied && asTold(id).applied }
  }
  const states = new Map<string, WholeState>()
  const looks: string[] = []
  const looked: string[] = []
  const verdicts = new Map<string, Diagnosis['verdict']>()
  const [told, again, asked, forgotten] = [
    [] as (ReportedProblems | RecordNews)[],
    [] as string[],
    [] as string[],
    [] as string[],
  ]
  const run = (event: unknown) =>
    resyncSites(event, LAUNCH + 300_000, {
      resync: {
        dns,
        hosts: { ...hosts, inspect },
        inspectionOf: ({ site, instanceId }) =>
          inspected(instanceId) ? `inspection of ${instanceId} for ${site}` : undefined,
        look: async ({ site }) => {
          looked.push(site)
          return verdicts.get(site) && aDiagnosis({ site, verdict: verdicts.get(site)!, sentence: `${site} is seen` })
        },
        readStates: async () => states,
        forgetMark: async ({ site, name }) => void forgotten.push(`${site}/${name}`),
      },
      tell: async (news) => void told.push(news),
      lookAt: async (site, inspection) => void asked.push(inspection ? `${site}: ${inspection}` : site),
      lookAgain: async (unmatched) => void again.push(...unmatched),
      lookAfter: async (commands) => void looks.push(...commands),
      telemetry,
    })
  return { dns, hosts, telemetry, states, told, again, asked, forgotten, looks, looked, verdicts, run }
}
const well = () => anInspection()
const saidOf = (...marks: readonly LiveMark[]) =>
  readState(marks.map((mark) => ({ name: liveName({ ...mark, n: 1 }), value: 'x' })))
const KEPT = [
  `  keep A ${SITE}, is 203.0.113.1 (TTL 60): ${ID} runs there`,
  `  keep A ${OTHER}, is 203.0.113.2 (TTL 60): i-2 runs there`,
]
const KEPT_HOSTS = [
  `  keep ${ID} for ${SITE}: command c-0 for the site as it is now: Success`,
  `  keep i-2 for ${OTHER}: command c-1 for the site as it is now: Success`,
]

test('nothing to do, the hosts were asked: in sync', async () => {
  const { dns, hosts, run, telemetry } = setUp(well)
  expect((await run({ all: true })).report).toEqual(['in sync:', ...KEPT, ...KEPT_HOSTS])
  expect(dns.calls.filter((call) => !call.startsWith('list'))).toEqual([])
  expect(hosts.sent).toEqual([])
  expect(telemetry.counts).toEqual({ Reconciled: 1, OpenProblem: 0, BrokenSite: 0, StartWithoutSuccess: 0 })
})

test('a certificate that should have been renewed days ago is told and counted: its own function may be what fails', async () => {
  const { hosts, run, telemetry } = setUp(well)
  const day = 24 * 3600_000
  const [notBefore, notAfter] = [-64, 26].map((days) => new Date(LAUNCH + days * day).toISOString())
  const names = { path: `/tls/${'0'.repeat(32)}`, names: [SITE], directory: 'https://ca/dir' }
  const certificate = { ...names, notBefore: notBefore!, notAfter: notAfter! }
  hosts.sites = [{ ...aSite(SITE, { tls: 'acme' }), certificate }, sites[1]!]
  const { report, drift } = await run({ all: true })
  expect(report.join('\n')).toMatch(
    /cannot mend:\n {2}certificate-overdue: app\.example\.com: .*still the one that ends/,
  )
  expect(drift.filter(({ about }) => about === 'certificate')).toHaveLength(1)
  expect(telemetry.counts.OpenProblem).toBe(1)
  expect((await run({ site: OTHER })).drift.filter(({ about }) => about === 'certificate')).toEqual([])
})

test('a look that fails is none: it is not counted', async () => {
  const { dns, run, telemetry } = setUp(well)
  dns.listInstances = async () => {
    throw new Error('the right is missing')
  }
  await expect(run({ all: true })).rejects.toThrow('the right is missing')
  expect(telemetry.counts).toEqual({})
})

test('a host that does not answer is not judged', async () => {
  const { hosts, run } = setUp((id) => (id === ID ? well() : undefined))
  const [first, second] = KEPT_HOSTS
  expect((await run({ all: true })).report).toEqual([
    ...['in sync:', ...KEPT, first, 'in sync as far as is known: the host did not answer:', second],
  ])
  expect(hosts.sent).toEqual([])
})

test('a host that is too busy to answer in time is not judged either', async () => {
  const busy = { ...well().container, state: 'unknown' }
  const { hosts, run } = setUp((id) => (id === ID ? well() : anInspection({ container: busy })))
  expect((await run({ all: true })).report.at(-2)).toBe('in sync as far as is known: the host did not answer:')
  expect(hosts.sent).toEqual([])
})

test('the time is nearly up: hosts that were not asked are as silent as those that do not answer', async () => {
  const { hosts, run } = setUp((id) => {
    throw new Error(`${id} was asked`)
  })
  await hosts.clock.sleep(200_000)
  expect((await run({ all: true })).report.slice(-3)).toEqual([
    'in sync as far as is known: the host did not answer:',
    ...KEPT_HOSTS,
  ])
})

test('a first command on a host that has run for days: its 15 minutes begin with the command', async () => {
  const { hosts, run, telemetry } = setUp(well)
  await hosts.clock.sleep(24 * 3_600_000)
  hosts.shown = hosts.shown.map((one) => ({ ...one, requestedAt: hosts.clock.now() - 60_000 }))
  await run({ all: true })
  expect(telemetry.counts.StartWithoutSuccess).toBe(0)
  await hosts.clock.sleep(15 * 60_000)
  await run({ all: true })
  expect(telemetry.counts.StartWithoutSuccess).toBe(2)
})

describe('drift', () => {
  const gone = (id: string) =>
    id === ID ? anInspection({ container: { ...well().container, state: 'absent' } }) : well()
  const drifted = () => {
    const world = setUp(gone)
    world.dns.zones.set(ZONE, [aRecord({ values: ['198.51.100.9'] }), world.dns.zones.get(ZONE)![1]!])
    return world
  }
  const MENDED = [
    `replace A ${SITE}: 198.51.100.9 (TTL 60) -> 203.0.113.1 (TTL 60): ${ID} runs there`,
    `configure ${ID} for ${SITE}: changed by hand since command c-0: the container ragstream-edge-app.example.com is absent`,
  ]

  test('a record edited by hand and a container removed by hand: mended and reported', async () => {
    const { dns, hosts, told, run, telemetry } = drifted()
    const { report } = await run({ all: true })
    expect(report).toEqual(['in sync:', KEPT[1], KEPT_HOSTS[1], 'mended:', ...MENDED.map((line) => `  ${line}`)])
    expect(
      dns.zones
        .get(ZONE)
        ?.map(({ values }) => values[0])
        .sort(),
    ).toEqual(['203.0.113.1', '203.0.113.2'])
    expect(hosts.sent.map(({ instanceId }) => instanceId)).toEqual([ID])
    expect(told).toContainEqual({ kind: 'records', changes: [{ id: expect.any(String), sites: [SITE] }] })
    for (const line of MENDED) expect(telemetry.lines).toContain(`info ${line}`)
  })

  test('a dry run writes nothing, tells nobody, and its sentences are the real run’s', async () => {
    const { dns, hosts, told, run, telemetry } = drifted()
    const { report } = await run({ all: true, dryRun: true })
    expect(report.slice(3)).toEqual(['would mend:', ...MENDED.map((line) => `  ${line}`)])
    expect(dns.calls.filter((call) => !call.startsWith('list'))).toEqual([])
    expect([hosts.sent, told, telemetry.lines]).toEqual([[], [], []])
    expect(telemetry.counts).toEqual({ Reconciled: 0 })
  })

  test.each([{ site: OTHER }, { site: `${OTHER}.` }])('%j: the other site is left alone', async (event) => {
    const { dns, hosts, run } = drifted()
    expect((await run(event)).report).toEqual(['in sync:', KEPT[1], KEPT_HOSTS[1]])
    expect([dns.calls.filter((call) => !call.startsWith('list')), hosts.sent]).toEqual([[], []])
  })

  test('one instance: its site is mended', async () => {
    const { hosts, run } = drifted()
    expect((await run({ instance: ID })).report).toEqual(['mended:', ...MENDED.map((line) => `  ${line}`)])
    expect(hosts.sent.map(({ instanceId }) => instanceId)).toEqual([ID])
  })
})

test.each<[unknown, string]>([
  [{ site: 'c.example.com' }, `site: found "c.example.com", wanted one of ${SITE}, ${OTHER}`],
  [{ instance: 'i-00000000' }, `instance: found "i-00000000", wanted one of ${ID}, i-2`],
  ['everything', 'event: found "everything", wanted an object'],
])('%j: what is there instead, or the usage; nothing is touched', async (event, line) => {
  const { dns, hosts, run } = setUp(well)
  const { report, drift } = await run(event)
  expect(report[0]).toBe(line)
  expect(drift).toEqual([])
  expect([dns.calls, hosts.sent]).toEqual([[], []])
})

test('an agent that is not there: outcome hears of it, and it is no end of what was told', async () => {
  const { hosts, told, run } = setUp(well)
  hosts.shown = []
  hosts.sendCommand = async () => {
    throw new AgentNotRegistered('its SSM agent is not registered with Systems Manager')
  }
  await run({ all: true })
  expect(told).toMatchObject([
    {
      kind: 'findings',
      sources: ['dns', 'host'],
      sites: [SITE, OTHER],
      findings: [
        { name: 'AgentNotRegistered', final: false },
        { name: 'AgentNotRegistered', final: false },
      ],
    },
  ])
})

test('a start of 15 minutes ago that was never said to be live: counted, and outcome looks at it', async () => {
  const { hosts, states, told, run, telemetry } = setUp(well)
  await hosts.clock.sleep(15 * 60_000)
  const hash = configureHost(sites[1]!, hosts.documentName).parameters.SiteHash!
  states.set(OTHER, saidOf({ instanceId: 'i-2', launchTime: LAUNCH, siteHash: hash }))
  await run({ all: true })
  expect(telemetry.counts.StartWithoutSuccess).toBe(1)
  expect(telemetry.lines).toContain(`warn ${ID} of ${SITE} has run for long and was never live`)
  expect(told).toMatchObject([{ kind: 'findings', sites: [SITE], findings: [] }])
})

test('a problem that was told: outcome looks whether it is over', async () => {
  const { states, told, asked, run } = setUp(well)
  for (const [index, site] of sites.entries()) {
    const siteHash = configureHost(site, 'ConfigureHost-0123abcd').parameters.SiteHash!
    states.set(site.hostname, saidOf({ instanceId: instances[index]!.id, launchTime: LAUNCH, siteHash }))
  }
  await run({ all: true })
  expect(told).toEqual([])
  expect(asked).toEqual([`${SITE}: inspection of ${ID} for ${SITE}`, `${OTHER}: inspection of i-2 for ${OTHER}`])
  const open = { name: 'RecordRefused' as const, since: '2026-11-23T08:00:00Z', headline: 'h', given: true, n: 1 }
  states.set(SITE, { ...states.get(SITE)!, told: [open] })
  await run({ all: true })
  expect(told).toMatchObject([{ kind: 'findings', sites: [SITE], findings: [] }])
})

describe('sites that were said to be live', () => {
  const saidLive = () => {
    const one = setUp(well)
    for (const [index, { hostname }] of sites.entries()) {
      const siteHash = configureHost(sites[index]!, 'ConfigureHost-0123abcd').parameters.SiteHash!
      one.states.set(hostname, saidOf({ instanceId: instances[index]!.id, launchTime: LAUNCH, siteHash }))
      one.verdicts.set(hostname, 'live')
    }
    return one
  }

  test('seen to be live: nobody is told anything, and the log says it', async () => {
    const { asked, told, looked, telemetry, run } = saidLive()
    await run({ all: true })
    expect([asked, told]).toEqual([[], []])
    expect(looked).toEqual([SITE, OTHER])
    expect(telemetry.lines).toContain(`info still live: ${SITE} is seen`)
  })

  test.each(['broken', 'unknown', 'asleep'] as const)('%s: outcome judges that site, and no other', async (verdict) => {
    const { asked, verdicts, run } = saidLive()
    verdicts.set(OTHER, verdict)
    await run({ all: true })
    expect(asked).toEqual([`${OTHER}: inspection of i-2 for ${OTHER}`])
  })

  test('with a notice that is not over: outcome judges it, without a look here', async () => {
    const { asked, states, looked, run } = saidLive()
    const told = { name: 'RecordContested' as const, since: '2026-11-23T08:00:00Z', headline: 'h', given: true, n: 1 }
    states.set(SITE, { ...states.get(SITE)!, told: [told] })
    await run({ all: true })
    expect(asked).toEqual([`${SITE}: inspection of ${ID} for ${SITE}`])
    expect(looked).toEqual([OTHER])
  })

  test('no time is left for a look: outcome judges all of them', async () => {
    const { asked, hosts, looked, run } = saidLive()
    await hosts.clock.sleep(281_000)
    await run({ all: true })
    expect(asked).toHaveLength(2)
    expect(looked).toEqual([])
  })
})

test('nobody matches: a second look in a minute, by dns-sync', async () => {
  const { dns, hosts, again, run } = setUp()
  Object.assign(dns, { instances: [] })
  Object.assign(hosts, { instances: [] })
  await run({ all: true })
  expect(again).toEqual([SITE, OTHER])
})

describe('marks of which nobody will ask again', () => {
  const mark = (instanceId: string) => ({ instanceId, launchTime: LAUNCH, siteHash: '0123456789ab', n: 1 })
  const forgettable = () => {
    const one = setUp(well)
    const { states } = one
    states.set(SITE, saidOf(mark(ID), mark('i-gone')))
    states.set('removed.example.com', saidOf(mark('i-2')))
    return one
  }

  test('the schedule forgets those of instances that are gone and of sites that are no longer declared', async () => {
    const { forgotten, run } = forgettable()
    await run({ all: true })
    expect(forgotten).toEqual([`${SITE}/${liveName(mark('i-gone'))}`, `removed.example.com/${liveName(mark('i-2'))}`])
  })

  test('a site whose document is broken is declared all the same', async () => {
    const { forgotten, run, dns, hosts } = forgettable()
    const broken = [{ hostname: 'removed.example.com', errors: [] }]
    Object.assign(dns, { broken })
    Object.assign(hosts, { broken })
    await run({ all: true })
    expect(forgotten).toEqual([`${SITE}/${liveName(mark('i-gone'))}`])
  })

  test.each([{ all: true, dryRun: true }, { site: SITE }])('not by %j', async (event) => {
    const { forgotten, run } = forgettable()
    await run(event)
    expect(forgotten).toEqual([])
  })

  test('fifty a look', async () => {
    const { states, forgotten, run } = forgettable()
    states.set(SITE, saidOf(...Array.from({ length: 60 }, (_, index) => mark(`i-gone-${index}`))))
    await run({ all: true })
    expect(forgotten).toHaveLength(50)
  })
})
