// diagnose as it is invoked by hand: which site is meant, what is returned and logged, and what a wrong call is told.
import { diagnoseSite } from '../../functions/diagnose/handler.ts'
import { InvalidInput } from '../../functions/lib/domain/errors.ts'
import { aSite } from '../support/domain.ts'
import { fakeDiagnosis } from '../support/fake-diagnosis.ts'
import { placed, SITE } from '../support/observation.ts'
import { remembering } from '../support/telemetry.ts'

const stopped = { listInstances: async () => [placed({ state: 'stopped' as const, publicIp: undefined })] }

async function setUp(fields: Parameters<typeof fakeDiagnosis>[0] = {}) {
  const [ports, telemetry] = [await fakeDiagnosis({ ...stopped, ...fields }), remembering()]
  const run = (event: unknown) => diagnoseSite(event, Date.now() + 10_000, { ports, telemetry })
  return { ports, telemetry, run }
}

test.each([[{ site: SITE }], [{ site: 'App.Example.com.' }], [{}], [null], [undefined], ['']])(
  '%j: the only declared site',
  async (event) => {
    const { run, telemetry } = await setUp()
    const { site, sentence } = await run(event)
    expect(site).toBe(SITE)
    expect(telemetry.lines).toEqual([`info ${sentence}`])
  },
)

test.each([
  ['app.example.com', /found "app.example.com"/],
  [[SITE], /event: found \["app.example.com"\]/],
  [{ hostname: SITE }, /the field "hostname"/],
  [{ site: 7 }, /event.site: found 7/],
  [{ site: '' }, /event.site: found ""/],
  [{ site: SITE, host: 'no' }, /event.host: found "no"/],
])('%j: what is wanted, before anything is asked', async (event, message) => {
  const { run, ports } = await setUp()
  const error = await run(event).catch((one: unknown) => one)
  expect(error).toBeInstanceOf(InvalidInput)
  expect((error as Error).message).toMatch(message)
  expect((error as Error).message).toContain(`wanted { "site": "<hostname>" }`)
  expect(ports.calls).toEqual([])
})

test('no site is named, and two are declared: both are told', async () => {
  const { run } = await setUp({ readSites: async () => ({ sites: [aSite(), aSite('b.example.com')], broken: [] }) })
  await expect(run({})).rejects.toThrow(/2 sites are declared \(app.example.com, b.example.com\)/)
})

test('a site that nobody declares is a verdict, not a failure', async () => {
  const { run } = await setUp()
  await expect(run({ site: 'x.example.com' })).resolves.toMatchObject({
    verdict: 'broken',
    causes: [{ name: 'site-unknown' }],
  })
})
