// A whole diagnosis against real sockets on loopback: what is asked, in which order, and what becomes of what fails.
import type { Socket } from 'node:net'
import { setTimeout as sleeping } from 'node:timers/promises'
import { TryLater } from '../../../functions/lib/domain/errors.ts'
import { type Asks, diagnose } from '../../../functions/lib/probe/diagnose.ts'
import type { DiagnosePorts } from '../../../functions/lib/probe/ports.ts'
import { aRecord, LAUNCH } from '../../support/domain.ts'
import { fakeDiagnosis, HERE } from '../../support/fake-diagnosis.ts'
import { holdTimersInEach } from '../../support/held-timers.ts'
import { CLOSED_PORT, tcpServer } from '../../support/loopback.ts'
import { nameServer } from '../../support/name-server.ts'
import { anInspection, openNetwork, placed, SITE } from '../../support/observation.ts'

const timers = holdTimersInEach()

const run = async (fields: Partial<DiagnosePorts> = {}, deadline = Date.now() + 60_000) => {
  const ports = await fakeDiagnosis(fields)
  return { ports, diagnosis: await diagnose(SITE, ports, deadline) }
}
const hop = ({ hops }: Awaited<ReturnType<typeof diagnose>>, name: string) => hops.find((one) => one.hop === name)

test('through nginx to the app: what a browser gets is told, hop by hop', async () => {
  const { diagnosis, ports } = await run()
  expect(diagnosis.causes).toEqual([])
  expect(hop(diagnosis, 'port 80')).toMatchObject({ state: 'ok' })
  expect(hop(diagnosis, 'nginx')).toMatchObject({
    state: 'ok',
    evidence: 'nginx 1.22.1; an unknown Host gets no answer',
  })
  expect(hop(diagnosis, 'app')).toMatchObject({ state: 'ok', evidence: '/_stcore/health says ok, seen from outside' })
  expect(hop(diagnosis, 'websocket')).toMatchObject({
    state: 'ok',
    evidence: '101 at /_stcore/stream, seen from outside',
  })
  // No name server was there to be asked, so the record is not proved to be served.
  expect(diagnosis.verdict).toBe('unknown')
  expect(ports.calls.filter((call) => call === 'sendCommand')).toHaveLength(1)
  expect(diagnosis.path.length).toBeGreaterThan(12)
})

test('nobody listens on port 80', async () => {
  const { diagnosis } = await run({ webPort: CLOSED_PORT })
  expect(diagnosis.causes).toMatchObject([{ name: 'connection-refused' }])
})

test('port 80 takes connections and ends them: no block for the name', async () => {
  const webPort = await tcpServer((socket) => socket.once('data', () => socket.end()))
  const { diagnosis } = await run({ webPort, sendCommand: () => Promise.reject(new Error('AccessDenied')) })
  expect(diagnosis.causes).toMatchObject([{ name: 'site-block-missing', or: { name: 'app-not-listening' } }])
  expect(hop(diagnosis, 'container')).toMatchObject({ state: 'unknown', evidence: 'AccessDenied' })
})

test('somebody else answers at the address that the record names', async () => {
  const { diagnosis } = await run({
    listInstances: async () => [placed({ publicIp: '127.0.0.2' })],
    listRecords: async () => [aRecord({ values: [HERE] })],
  })
  expect(diagnosis.causes[0]).toMatchObject({
    name: 'record-stale',
    what: expect.stringContaining(`somebody else answers at ${HERE}: 200`),
  })
})

test('no probe that fails ends the others', async () => {
  const denied = (): Promise<never> => Promise.reject(new Error('AccessDenied'))
  const { diagnosis } = await run({
    listRecords: denied,
    nameServers: denied,
    describeNetwork: denied,
    describeAgent: denied,
    listCommands: denied,
    sendCommand: denied,
  })
  expect(diagnosis).toMatchObject({ verdict: 'unknown', causes: [] })
  expect(hop(diagnosis, 'record')).toMatchObject({ state: 'unknown', evidence: 'AccessDenied' })
  expect(hop(diagnosis, 'app')).toMatchObject({ state: 'ok' })
})

test('Route 53 wants fewer requests: a person’s look asks once more, that of a function does not', async () => {
  const throttledOnce = () => {
    let asked = 0
    return async () => {
      if (asked++ === 0) throw new TryLater('Route 53: Throttling: Rate exceeded')
      return [aRecord({ values: [HERE] })]
    }
  }
  const records = ({ calls }: { readonly calls: readonly string[] }) => calls.filter((call) => call === 'listRecords')
  const slept: number[] = []
  const sleep = async (ms: number) => void slept.push(ms)
  const { diagnosis, ports } = await run({ listRecords: throttledOnce(), sleep })
  expect(hop(diagnosis, 'record')?.evidence).not.toContain('Throttling')
  expect([records(ports).length, slept[0]]).toEqual([2, 1_000])
  const ofFunction = await fakeDiagnosis({ listRecords: throttledOnce() })
  const seen = await diagnose(SITE, ofFunction, Date.now() + 60_000, { asNeeded: 'live' })
  expect(hop(seen, 'record')?.evidence).toContain('Throttling')
  expect(records(ofFunction)).toHaveLength(1)
})

test('the instances cannot be read: no host is asked, and it is said', async () => {
  const { diagnosis, ports } = await run({ listInstances: () => Promise.reject(new Error('UnauthorizedOperation')) })
  expect(diagnosis.verdict).toBe('unknown')
  expect(diagnosis.sentence).toContain('instance (UnauthorizedOperation)')
  expect(ports.calls).not.toContain('sendCommand')
})

test('a service that never answers is left at the deadline', async () => {
  timers.release()
  const never = (): Promise<never> => new Promise(() => {})
  const { diagnosis } = await run({ describeNetwork: never, describeAgent: never }, Date.now() + 1_000)
  expect(hop(diagnosis, 'route')).toMatchObject({
    state: 'unknown',
    evidence: expect.stringMatching(/^no result within/),
  })
})

test('a stopped instance is not spoken to', async () => {
  const { diagnosis, ports } = await run({
    listInstances: async () => [placed({ state: 'stopped', publicIp: undefined })],
    listRecords: async () => [aRecord({ values: ['192.0.2.1'], ttl: 10 })],
  })
  expect(diagnosis).toMatchObject({ verdict: 'asleep', causes: [{ name: 'instance-not-running' }] })
  expect(ports.calls.filter((call) => ['sendCommand', 'describeAgent', 'listCommands'].includes(call))).toEqual([])
})

test('the last line of the last command for this site, when that failed', async () => {
  const sent = {
    id: 'c-1',
    instanceId: 'i-1',
    comment: `${SITE} 0123456789ab`,
    status: 'Failed',
    requestedAt: LAUNCH + 2,
  }
  const { diagnosis } = await run({
    listCommands: async () => [
      { ...sent, id: 'c-0', status: 'Success', requestedAt: LAUNCH + 1 },
      sent,
      { ...sent, id: 'c-2', comment: 'other.example.com 0123456789ab', requestedAt: LAUNCH + 3 },
    ],
    readInvocation: async (id) => ({
      status: 'Failed',
      output: id === 'c-1' ? 'step=lock result=ok\nstep=image result=failed reason="no"\n' : '',
    }),
  })
  expect(diagnosis.causes).toContainEqual(
    expect.objectContaining({
      name: 'command-failed',
      hop: 'container',
      what: 'configure-host ended as Failed: step=image result=failed reason="no"',
    }),
  )
})

test('nobody outside can reach the machine: the host alone is asked', async () => {
  const { diagnosis } = await run({ outside: false, webPort: CLOSED_PORT })
  expect(diagnosis.causes).toEqual([])
  expect(hop(diagnosis, 'port 80')).toMatchObject({
    state: 'unknown',
    evidence: 'nobody outside can reach this machine',
  })
  expect(hop(diagnosis, 'app')).toMatchObject({ state: 'ok', evidence: '/_stcore/health says ok, seen from the host' })
})

test('a look that asks no host sends no command', async () => {
  const ports = await fakeDiagnosis()
  await diagnose(SITE, ports, Date.now() + 5_000, { asksHost: false })
  expect(ports.calls).not.toContain('sendCommand')
  const all = await fakeDiagnosis()
  await diagnose(SITE, all, Date.now() + 5_000)
  expect(all.calls).toContain('sendCommand')
})

describe('only the verdict counts', () => {
  const look = async (fields: Partial<DiagnosePorts> = {}, asks: Asks = {}) => {
    const server = await nameServer('address', [HERE])
    const ports = await fakeDiagnosis({ nameServers: async () => [server], resolvers: [server], ...fields })
    const diagnosis = await diagnose(SITE, ports, Date.now() + 20_000, { asNeeded: 'verdict', ...asks })
    return { diagnosis, calls: ports.calls }
  }
  const FIRST = ['readSites', 'nameServers', 'listInstances', 'listRecords']

  test('live by what visitors get: neither the account nor the host is asked', async () => {
    const { diagnosis, calls } = await look()
    expect(diagnosis.verdict).toBe('live')
    expect(calls).toEqual(FIRST)
  })

  test('asleep: the same', async () => {
    const { diagnosis, calls } = await look({
      listInstances: async () => [placed({ state: 'stopped', publicIp: undefined })],
      listRecords: async () => [aRecord({ values: ['192.0.2.1'] })],
    })
    expect(diagnosis.verdict).toBe('asleep')
    expect(calls).toEqual(FIRST)
  })

  test('nobody outside can reach it: the account and the host are asked, and the agent that has just answered is not', async () => {
    const { diagnosis, calls } = await look({ outside: false })
    expect(diagnosis.verdict).toBe('live')
    expect(calls).toEqual(expect.arrayContaining(['describeNetwork', 'listCommands', 'sendCommand']))
    expect(calls).not.toContain('describeAgent')
  })

  test('the host has just been inspected: no command is sent, and none is read', async () => {
    const inspection = { kind: 'inspected', command: 'c-look', inspection: anInspection() } as const
    const { diagnosis, calls } = await look({ outside: false }, { inspection })
    expect(diagnosis.verdict).toBe('live')
    expect(calls).toContain('describeNetwork')
    for (const one of ['sendCommand', 'readInvocation', 'describeAgent']) expect(calls).not.toContain(one)
  })

  test('broken: everything is asked, and the host that does not answer has its agent looked at', async () => {
    const { diagnosis, calls } = await look({
      webPort: CLOSED_PORT,
      readInvocation: () => Promise.reject(new Error('AccessDenied')),
      describeAgent: async () => ({ pingStatus: 'ConnectionLost', lastPing: LAUNCH + 1 }),
    })
    expect(diagnosis.causes.map(({ name }) => name)).toEqual(['agent-offline', 'connection-refused'])
    expect(calls).toContain('describeNetwork')
  })

  test('the record alone keeps it from being live: nothing more is asked where only that counts', async () => {
    const parked = { listRecords: async () => [aRecord({ values: ['192.0.2.1'] })] }
    const { diagnosis, calls } = await look(parked, { asNeeded: 'live' })
    expect(diagnosis.causes.map(({ name }) => name)).toEqual(['record-parked'])
    expect(calls).toEqual(FIRST)
    expect((await look(parked)).calls).toContain('sendCommand')
  })

  test('visitors get no answer in time: the rest is asked meanwhile', async () => {
    timers.release()
    const visitors = new Set<Socket>()
    const webPort = await tcpServer((socket) => {
      visitors.add(socket.resume())
      socket.once('close', () => visitors.delete(socket))
    })
    let [waiting, tries] = [0, 0]
    const sendCommand = async () => {
      await sleeping(50) // Until the end of those who have just left was heard.
      waiting = visitors.size
      return 'c-look'
    }
    const ask = () => look({ webPort, sendCommand, sleep: sleeping })
    let { diagnosis } = await ask()
    // A machine that stood still for seconds may have let all of them go.
    while (waiting === 0 && ++tries < 3) ({ diagnosis } = await ask())
    expect(diagnosis.verdict).not.toBe('live')
    expect(hop(diagnosis, 'container')?.state).not.toBe('not reached')
    expect(waiting).toBeGreaterThan(0)
  })
})

test('a site that is not declared, one with errors, and sites that cannot be read', async () => {
  const ports = await fakeDiagnosis()
  await expect(diagnose('x.example.com', ports, Date.now() + 5_000)).resolves.toMatchObject({
    causes: [{ name: 'site-unknown' }],
  })
  const errors = [{ path: 'image', found: 'nothing', wanted: 'an image' }]
  const bad = await fakeDiagnosis({ readSites: async () => ({ sites: [], broken: [{ hostname: SITE, errors }] }) })
  await expect(diagnose(SITE, bad, Date.now() + 5_000)).resolves.toMatchObject({ causes: [{ name: 'site-broken' }] })
  expect(bad.calls).toEqual(['readSites'])
  const lost = await fakeDiagnosis({ readSites: () => Promise.reject(new Error('ThrottlingException')) })
  await expect(diagnose(SITE, lost, Date.now() + 5_000)).rejects.toThrow('the declared sites: ThrottlingException')
})

test('the account’s rules are read around the instance that was chosen: of two the one that was started last', async () => {
  const asked: string[] = []
  const { diagnosis } = await run({
    listInstances: async () => [
      placed({ id: 'i-old', launchTime: LAUNCH - 1 }),
      placed({ id: 'i-new', publicIp: HERE }),
    ],
    describeNetwork: async ({ id }) => {
      asked.push(id)
      return openNetwork
    },
  })
  expect(asked).toEqual(['i-new'])
  expect(hop(diagnosis, 'instance')?.evidence).toContain('i-new runs since 2026-11-23T08:00:00Z, the newest of 2')
})
