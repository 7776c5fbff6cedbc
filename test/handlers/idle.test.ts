// idle as the schedule and people call it: what is asked, what is stopped, remembered, told and counted.
import { idle } from '../../functions/idle/handler.ts'
import { StopRefused } from '../../functions/lib/domain/errors.ts'
import type { ReportedProblems } from '../../functions/lib/domain/news.ts'
import { anInstance, aSite, LAUNCH } from '../support/domain.ts'
import { aUseLook, type FakeIdle, fakeIdle, HOUR, idleSite } from '../support/fake-idle.ts'
import { remembering } from '../support/telemetry.ts'

const ID = 'i-00000000000000001'

async function run(ports: FakeIdle, event: unknown = {}) {
  const [told, telemetry] = [[] as ReportedProblems[], remembering()]
  const tell = async (news: unknown) => void told.push(news as ReportedProblems)
  ports.calls.length = 0
  const answer = await idle(event, ports.clock.now() + 250_000, { idle: ports, tell, telemetry })
  return { answer, told, telemetry, calls: [...ports.calls] }
}

test('nothing runs: EC2 is asked, and nobody else', async () => {
  const ports = fakeIdle()
  ports.instances = [anInstance({ state: 'stopped' })]
  const { calls, answer } = await run(ports)
  expect(calls).toEqual(['list instances'])
  expect(answer.report).toEqual(['no instance of the stage runs'])
})

test('no site has idle: the sites are read, and that is all', async () => {
  const ports = fakeIdle()
  ports.sites = [aSite()]
  expect((await run(ports)).calls).toEqual(['list instances', 'read sites'])
})

test('nobody uses it: two looks 20 s apart, a fresh look at EC2, a stop, and no notice', async () => {
  const ports = fakeIdle()
  const { calls, answer, told, telemetry } = await run(ports)
  const look = `look at ${ID} for app.example.com`
  expect(calls).toEqual(['list instances', 'read sites', look, look, 'list instances', `stop ${ID}`])
  expect(answer.stopped).toEqual([ID])
  expect(telemetry.lines).toEqual([`info stop ${ID}: nobody has used it for 45 min: two looks agree`])
  expect(telemetry.counts).toEqual({ InstancesStopped: 1 })
  expect([told, ports.notices]).toEqual([[], []])
})

test('a site that wants it: the notice StoppedIdle', async () => {
  const ports = fakeIdle()
  ports.sites = [idleSite({ notice: true })]
  await run(ports)
  expect(ports.notices).toEqual([
    {
      subject: `ragstream-edge: app.example.com: ${ID} was stopped`,
      text: expect.stringMatching(
        /notice +StoppedIdle\nsites +app\.example\.com\nstart +i-\S+\nreason +nobody has used it/,
      ),
    },
  ])
})

test('never live since its start: stopped after twice unusedAfter, with a notice whatever the site says', async () => {
  const ports = fakeIdle(LAUNCH + 31 * 60_000)
  Object.assign(ports, { live: false, answer: () => aUseLook({ nginx: null }) })
  const { answer } = await run(ports)
  expect(answer.stopped).toEqual([ID])
  expect(ports.notices).toHaveLength(1)
})

test('stopped and started between the looks and the stop: left alone', async () => {
  const ports = fakeIdle()
  const list = ports.listInstances
  let times = 0
  ports.listInstances = async () => {
    times += 1
    if (times > 1) ports.instances = [anInstance({ launchTime: LAUNCH + 9 * HOUR })]
    return list()
  }
  expect((await run(ports)).answer.stopped).toEqual([])
})

test('a dry run: one look; nothing is stopped, remembered or told', async () => {
  const ports = fakeIdle()
  const { calls, answer, telemetry } = await run(ports, { dryRun: true })
  expect(calls).toEqual(['list instances', 'read sites', `look at ${ID} for app.example.com`])
  expect(answer.report).toEqual([`look ${ID}: nobody was seen: the host is asked again`])
  expect(telemetry.lines).toEqual([])
})

test('three looks in a row fail: one problem, told once, over at the next good look', async () => {
  const ports = fakeIdle()
  ports.answer = () => {
    throw new Error('the host did not answer')
  }
  const findings = []
  for (let n = 0; n < 5; n++) findings.push((await run(ports)).told)
  expect(findings.map((told) => told.flatMap((one) => one.findings.map(({ name }) => name)))).toEqual([
    [],
    [],
    ['UseUnknown'],
    [],
    [],
  ])
  ports.answer = () => aUseLook({ people: 1 })
  expect((await run(ports)).told).toEqual([
    { kind: 'findings', sources: ['idle'], sites: ['app.example.com'], findings: [] },
  ])
  expect(ports.memory.get(ID)).toMatchObject({ failed: 0 })
})

test('EC2 refuses: one problem with its words, and no second try in this start', async () => {
  const ports = fakeIdle()
  ports.refuses = new StopRefused('OperationNotPermitted: protected')
  const first = await run(ports)
  expect(first.told[0]!.findings).toEqual([
    expect.objectContaining({
      name: 'NotStopped',
      final: true,
      instances: [ID],
      message: `EC2 refuses to stop ${ID}: OperationNotPermitted: protected`,
    }),
  ])
  const second = await run(ports)
  expect([second.told, second.calls]).toEqual([[], ['list instances', 'read sites']])
  // At its next start it is tried again, and the problem of the last one is over.
  ports.refuses = undefined
  ports.instances = [anInstance({ launchTime: LAUNCH + HOUR })]
  const third = await run(ports)
  expect(third.answer.stopped).toEqual([ID])
  expect(third.told).toEqual([{ kind: 'findings', sources: ['idle'], sites: ['app.example.com'], findings: [] }])
})

test('idle.longest: a warning once, then a stop in spite of a session, with a notice', async () => {
  const ports = fakeIdle(LAUNCH + 10 * HOUR - 15 * 60_000)
  ports.sites = [idleSite({ longest: '10h' })]
  ports.answer = () => aUseLook({ nginx: { sessions: 1, quiet: 0 } })
  await run(ports)
  await run(ports)
  expect(ports.notices.map(({ subject }) => subject)).toEqual([
    `ragstream-edge: app.example.com: ${ID} is stopped in 15 minutes`,
  ])
  await ports.clock.sleep(15 * 60_000)
  expect((await run(ports)).answer.stopped).toEqual([ID])
  expect(ports.notices).toHaveLength(2)
})

test('a wrong request is refused before anything is asked', async () => {
  const ports = fakeIdle()
  await expect(run(ports, { dryRun: 'yes' })).rejects.toThrow('dryRun: found "yes", wanted true or false')
  expect(ports.calls).toEqual([])
})
