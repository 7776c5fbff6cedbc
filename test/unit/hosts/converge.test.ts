// convergeHosts in a world that moves while it works.

import { AgentNotRegistered, OutOfTime, TryLater } from '../../../functions/lib/domain/errors.ts'
import { configureHost, sentAt } from '../../../functions/lib/hosts/command.ts'
import { convergeHosts } from '../../../functions/lib/hosts/converge.ts'
import { describePlannedHost } from '../../../functions/lib/hosts/plan.ts'
import { anInstance, aSite, LAUNCH } from '../../support/domain.ts'
import { type FakeHosts, fakeHosts } from '../../support/fake-hosts.ts'
import { anInspection } from '../../support/inspection.ts'

const ID = 'i-00000000000000001'

function world(before?: Parameters<typeof fakeHosts>[0]): FakeHosts {
  const hosts = fakeHosts(before)
  hosts.sites = [aSite()]
  hosts.instances = [anInstance()]
  return hosts
}

test('a host that was told already: no command', async () => {
  const hosts = world()
  const { comment } = configureHost(aSite(), hosts.documentName)
  hosts.shown = [{ id: 'c-0', instanceId: ID, comment, status: 'Success', requestedAt: LAUNCH + 1 }]
  const report = await convergeHosts(hosts, hosts.request())
  expect(hosts.sent).toEqual([])
  expect(report).toMatchObject({ sent: [], problems: [], plan: [{ action: 'keep' }] })
})

test('a host that was not: exactly one command, although Systems Manager does not show it yet', async () => {
  const hosts = world()
  const report = await convergeHosts(hosts, hosts.request())
  expect(hosts.sent).toEqual([
    { instanceId: ID, command: sentAt(configureHost(aSite(), hosts.documentName), hosts.clock.now()) },
  ])
  expect(hosts.said).toEqual([
    `c-1: configure ${ID} for app.example.com: not configured since its start at 2026-11-23T08:00:00.000Z`,
  ])
  expect(report.sent).toMatchObject([
    { id: 'c-1', instanceId: ID, comment: configureHost(aSite(), hosts.documentName).comment, status: 'Pending' },
  ])
  expect(report.wanted).toEqual(new Set([ID]))
  // What it has just sent is newer than all that it would be shown.
  expect(hosts.calls).toEqual([`list ${ID}`, `send ${ID}`])
})

test('the site changes while its command is sent: the last command is for the site as it is', async () => {
  const newer = aSite(undefined, { image: 'ragstream:2.0.0' })
  const hosts = world((call, self) => {
    if (call.startsWith('send')) self.sites = [newer]
  })
  await convergeHosts(hosts, hosts.request())
  expect(hosts.sent.map(({ command }) => command.parameters.Image)).toEqual(['ragstream:1.4.0', 'ragstream:2.0.0'])
})

test('the service’s clock is ahead of the function’s: still one command', async () => {
  const hosts = world()
  const { comment } = configureHost(aSite(undefined, { image: 'ragstream:1.3.0' }), hosts.documentName)
  hosts.shown = [{ id: 'c-0', instanceId: ID, comment, status: 'Success', requestedAt: LAUNCH + 120_000 }]
  await convergeHosts(hosts, hosts.request())
  expect(hosts.sent).toHaveLength(1)
})

test('the instance goes while its command is sent: one command, and an end', async () => {
  const hosts = world((call, self) => {
    if (call.startsWith('send')) self.instances = []
  })
  expect((await convergeHosts(hosts, hosts.request())).plan).toMatchObject([{ action: 'keep' }])
  expect(hosts.sent).toHaveLength(1)
})

describe('after a command its sites are read again, by name', () => {
  const other = aSite('b.example.com', { container: { hostPort: 8502 } })
  const neighbour = aSite('c.example.com', { instances: { 'tag:Name': 'app' }, container: { hostPort: 8503 } })
  const named = (before?: Parameters<typeof fakeHosts>[0]) => {
    const hosts = world(before)
    const [read, asked] = [[] as string[], [] as (readonly string[])[]]
    hosts.sites = [aSite(), other, neighbour]
    const { readSites, listInstances } = hosts
    hosts.readSites = () => {
      read.push('sites')
      return readSites()
    }
    hosts.listInstances = () => {
      read.push('instances')
      return listInstances()
    }
    hosts.readAgain = async (hostnames) => {
      asked.push(hostnames)
      return { sites: hosts.sites, broken: [] }
    }
    return { hosts, read, asked }
  }

  test('those of its host alone; nothing moved, nothing else is read again', async () => {
    const { hosts, read, asked } = named()
    await convergeHosts(hosts, hosts.request())
    expect(hosts.sent.map(({ command }) => command.parameters.Hostname)).toEqual(['app.example.com', 'c.example.com'])
    expect(asked).toEqual([['app.example.com', 'c.example.com']])
    expect(read).toEqual(['sites', 'instances'])
    expect(hosts.calls.filter((call) => call.startsWith('list'))).toEqual([`list ${ID}`])
  })

  test('one has changed: it is sent as it is now, and the instances and the commands to other hosts are read again', async () => {
    const later = anInstance({ id: 'i-2', tags: { Name: 'b' } })
    const { hosts, read } = named((call, self) => {
      if (call === `send ${ID}` && self.sent.length === 0) {
        self.sites = [aSite(undefined, { image: 'ragstream:2.0.0' }), other, neighbour]
        self.instances = [anInstance(), later]
      }
    })
    await convergeHosts(hosts, hosts.request())
    expect(hosts.sent.map(({ command }) => command.parameters.Image)).toContain('ragstream:2.0.0')
    expect(hosts.sent.map(({ instanceId }) => instanceId)).toContain('i-2')
    expect(read.filter((one) => one === 'instances')).toHaveLength(2)
    expect(hosts.calls).toContain('list i-2')
  })
})

test('two long names with the same end on one host: one command each, and an end', async () => {
  const end = `${`${'a'.repeat(60)}.`.repeat(2)}example.com`
  const hosts = world()
  hosts.sites = ['one', 'two'].map((first, index) =>
    aSite(`${first}.${end}`, { instances: { 'tag:Name': 'app' }, container: { hostPort: 8501 + index } }),
  )
  await convergeHosts(hosts, hosts.request())
  expect(hosts.sent).toHaveLength(2)
})

test('an agent that is not registered: a problem for 15 minutes, and the other host gets its command', async () => {
  const hosts = world((call) => {
    if (call === `send ${ID}`) throw new AgentNotRegistered('its SSM agent is not registered with Systems Manager')
  })
  hosts.instances = [anInstance(), anInstance({ id: 'i-2' })]
  const report = await convergeHosts(hosts, hosts.request())
  expect(hosts.sent.map(({ instanceId }) => instanceId)).toEqual(['i-2'])
  expect(report.problems).toEqual([
    {
      name: 'AgentNotRegistered',
      message: `${ID} of app.example.com: its SSM agent is not registered with Systems Manager`,
      site: 'app.example.com',
      instances: [ID],
      patience: { againAfter: 2_000, givesUpAfter: 900_000 },
    },
  ])
  expect(hosts.calls.filter((call) => call === `send ${ID}`)).toHaveLength(1)
})

describe('what only the host knows', () => {
  const well = () => anInspection({ applied: configureHost(aSite(), 'ConfigureHost-0123abcd').parameters.SiteHash! })
  const lost = { id: 'c-0', instanceId: ID, status: 'InProgress', requestedAt: LAUNCH + 1 }

  test('a command may be lost, and nothing runs on the host: sent again, and only then cancelled', async () => {
    const hosts = world()
    hosts.shown = [{ ...lost, comment: configureHost(aSite(), hosts.documentName).comment }]
    hosts.inspections.set(ID, { ...well(), locked: false })
    await hosts.clock.sleep(300_000)
    const request = hosts.request({ deadline: LAUNCH + 3_600_000 })
    const report = await convergeHosts(hosts, request)
    expect(hosts.calls).toEqual([`list ${ID}`, `ask ${ID}`, `send ${ID}`, `cancel c-0 on ${ID}`])
    expect(report).toMatchObject({ sent: [{ id: 'c-1' }], problems: [] })
    expect([...report.doubtful]).toEqual([])
  })

  test('the host works on it: nothing is sent, and somebody is to look again', async () => {
    const hosts = world()
    hosts.shown = [{ ...lost, comment: configureHost(aSite(), hosts.documentName).comment }]
    hosts.inspections.set(ID, { ...well(), locked: true })
    await hosts.clock.sleep(300_000)
    const { sent, doubtful } = await convergeHosts(hosts, hosts.request({ deadline: LAUNCH + 3_600_000 }))
    expect([sent, [...doubtful]]).toEqual([[], ['c-0']])
  })

  test('it may not be cancelled: sent all the same, and a problem of that host', async () => {
    const hosts = world((call) => {
      if (call.startsWith('cancel')) throw Object.assign(new Error('no right'), { name: 'AccessDeniedException' })
    })
    hosts.shown = [{ ...lost, comment: configureHost(aSite(), hosts.documentName).comment }]
    hosts.inspections.set(ID, well())
    await hosts.clock.sleep(900_000)
    const { problems, sent } = await convergeHosts(hosts, hosts.request({ deadline: LAUNCH + 3_600_000 }))
    expect(problems).toMatchObject([
      {
        name: 'CommandRefused',
        message: `${ID} of app.example.com: command c-0 may not be cancelled: AccessDeniedException: no right`,
      },
    ])
    expect(sent.map(({ id }) => id)).toEqual(['c-1'])
  })

  test('Systems Manager wants fewer requests until the time is up: such a host is not silent, and gets nothing', async () => {
    const hosts = world((call) => {
      if (call.startsWith('ask')) throw new TryLater('Throttling')
    })
    hosts.instances = [anInstance({ launchTime: LAUNCH - 900_000 })]
    const report = await convergeHosts(hosts, hosts.request({ deadline: LAUNCH + 120_000 }))
    expect(hosts.clock.slept.length).toBeGreaterThan(0)
    expect(report).toMatchObject({ sent: [], plan: [{ action: 'wait' }] })
  })

  test('the service shows no command of an older start, and the host is right: nothing is sent, by an event either', async () => {
    const hosts = world()
    hosts.instances = [anInstance({ launchTime: LAUNCH - 900_000 })]
    hosts.inspections.set(ID, well())
    const report = await convergeHosts(hosts, hosts.request({ deadline: LAUNCH + 3_600_000 }))
    expect(hosts.calls).toEqual([`list ${ID}`, `ask ${ID}`])
    expect(report).toMatchObject({ sent: [], plan: [{ action: 'keep' }] })
  })

  test('hosts whose command succeeded are asked only where drift is looked for', async () => {
    const hosts = world()
    hosts.shown = [{ ...lost, status: 'Success', comment: configureHost(aSite(), hosts.documentName).comment }]
    await convergeHosts(hosts, hosts.request())
    expect(hosts.calls).toEqual([`list ${ID}`])
    await convergeHosts(hosts, hosts.request({ looksForDrift: true, deadline: LAUNCH + 3_600_000 }))
    expect(hosts.calls.slice(1)).toEqual([`list ${ID}`, `ask ${ID}`])
  })
})

test('a young instance that Systems Manager has never seen, refused as if it were not allowed: the same patience', async () => {
  const hosts = world((call) => {
    if (call.startsWith('send')) throw Object.assign(new Error('no right'), { name: 'AccessDeniedException' })
  })
  const told = `${ID} of app.example.com: AccessDeniedException: no right`
  const young = await convergeHosts(hosts, hosts.request())
  expect(young.problems).toMatchObject([
    { name: 'AgentNotRegistered', message: told, patience: { againAfter: 2_000, givesUpAfter: 900_000 } },
  ])
  hosts.instances = [anInstance({ launchTime: LAUNCH - 900_000 })]
  hosts.listCommands = async () => [
    { id: 'c-0', instanceId: ID, comment: 'app.example.com 0', status: 'Success', requestedAt: LAUNCH },
  ]
  const old = await convergeHosts(hosts, hosts.request())
  expect(old.problems).toMatchObject([{ name: 'CommandRefused', message: told }])
})

test('any other refusal is a problem of that host, with the service’s words', async () => {
  const hosts = world(() => {
    throw Object.assign(new Error('document missing'), { name: 'InvalidDocument' })
  })
  hosts.listCommands = async () => []
  expect((await convergeHosts(hosts, hosts.request())).problems).toMatchObject([
    { name: 'CommandRefused', message: `${ID} of app.example.com: InvalidDocument: document missing` },
  ])
})

test('throttled, then fine', async () => {
  let throttles = 3
  const hosts = world(() => {
    if (throttles-- > 0) throw new TryLater('Throttling')
  })
  await convergeHosts(hosts, hosts.request())
  expect([hosts.clock.slept.length, hosts.sent.length]).toEqual([3, 1])
})

test.each(['list', 'send'])('throttled on %s until the time is up: OutOfTime', async (verb) => {
  const hosts = world((call) => {
    if (call.startsWith(verb)) throw new TryLater('Throttling')
  })
  await expect(convergeHosts(hosts, hosts.request())).rejects.toThrow(OutOfTime)
  expect(hosts.clock.now()).toBeLessThan(LAUNCH + 87_000)
})

test('a site that changes without end: OutOfTime at the deadline', async () => {
  let version = 1
  const hosts = world((call, self) => {
    if (!call.startsWith('send')) return
    void self.clock.sleep(1000)
    self.sites = [aSite(undefined, { image: `ragstream:${++version}` })]
  })
  const deadline = LAUNCH + 65_000
  await expect(convergeHosts(hosts, hosts.request({ deadline }))).rejects.toThrow('the sites kept changing')
  expect(hosts.sent).toHaveLength(5)
})

test('a port clash is a problem that no retry mends', async () => {
  const hosts = world()
  hosts.sites = [aSite(), aSite('zzz.example.com', { instances: { 'tag:Name': 'app' } })]
  const report = await convergeHosts(hosts, hosts.request())
  expect(hosts.sent).toHaveLength(1)
  expect(report.problems).toMatchObject([
    { name: 'HostRefused', site: 'zzz.example.com', patience: { againAfter: 0, givesUpAfter: 0 } },
  ])
})

test('only running instances that a site selects are asked about', async () => {
  const hosts = world()
  hosts.instances = [
    anInstance(),
    anInstance({ id: 'i-2', state: 'stopped' }),
    anInstance({ id: 'i-3', tags: { Name: 'other' } }),
  ]
  const report = await convergeHosts(hosts, hosts.request({ dryRun: true }))
  expect(hosts.calls).toEqual([`list ${ID}`])
  expect(report.wanted).toEqual(new Set([ID, 'i-2']))
})

test('a dry run sends nothing, and its sentences are the real run’s', async () => {
  const hosts = world()
  const dry = await convergeHosts(hosts, hosts.request({ dryRun: true }))
  expect(hosts.sent).toEqual([])
  await convergeHosts(hosts, hosts.request())
  expect(dry.plan.map((planned) => `c-1: ${describePlannedHost(planned)}`)).toEqual(hosts.said)
})
