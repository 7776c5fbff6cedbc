// Apps that are not Streamlit, from their site's file to live: a page whose events come by HTTP, as Gradio's, and an API without a page.
import { type OtherApp, otherAppName } from '../../local/machine/prepare/app-image.ts'
import { until, untilLive } from '../../local/scenario.ts'
import { expectLooked } from '../support/ask.ts'
import { pictureTest } from '../support/failure.ts'
import { type RealCloud, realCloud } from '../support/real.ts'
import { visiting } from '../support/visitor.ts'

const PATIENCE = 300

const APPS: Readonly<Record<OtherApp, { fields: object; health: string; says: RegExp; broken: RegExp; hop: string }>> =
  {
    gradio: {
      fields: { health: { path: '/gradio_api/app_id', body: null }, websocket: null },
      health: '/gradio_api/app_id',
      says: / is live: .* says ok and answers \//,
      broken: / is broken at websocket: \/ gives 500 .*; wanted less than 500 of the app: the site has no websocket/,
      hop: '200 at / (the site has no websocket), seen from outside',
    },
    api: {
      fields: { health: { path: '/healthz', body: '{"status": "ok"}' }, websocket: null },
      health: '/healthz',
      says: / is live: .* says ok and answers \//,
      broken:
        / is broken at app: the app's own \/healthz says 500 "Internal Server Error"; wanted 200 "{"status": "ok"}"/,
      hop: '404 at / (the site has no websocket), seen from outside',
    },
  }

let cloud: RealCloud
let id = ''
beforeAll(async () => {
  cloud = await realCloud({ tempo: { insyncMs: 100 } })
}, 600_000)
afterAll(() => cloud?.close())

/** A deploy with these fields in the site's file, and the app's own CI. */
function deploy(kind: OtherApp, tag = '1.4.0'): void {
  const { world, stage, site } = cloud
  const put = (owner: string, value: string) =>
    world.dispatch({
      type: 'PutParameter',
      name: `/ragstream-edge/${stage}/${owner}/${site.hostname}`,
      value,
      overwrite: true,
    })
  const { hostname, hostedZoneId, instances } = site
  put('images', otherAppName(kind, tag))
  put('sites', JSON.stringify({ hostname, hostedZoneId, instances, image: 'none:1', ...APPS[kind].fields }))
}

/** A command with this image has ended well. */
const untilRun = (kind: OtherApp, tag: string) =>
  until(cloud, `${kind}:${tag} runs`, PATIENCE, (world) =>
    [...world.commands.values()].find(
      ({ parameters, invocations }) =>
        parameters.Image?.[0] === otherAppName(kind, tag) &&
        parameters.HealthPath?.[0] === APPS[kind].health &&
        invocations.get(id)?.status === 'Success',
    ),
  )

/** Statuses that a visitor gets who asks again and again, each time on a connection of its own. */
const visits = (path: string, work: () => Promise<unknown>) =>
  visiting(cloud.room.client, `-m 60 -H 'Connection: close' http://${cloud.site.hostname}${path}`, work)

const inContainer = (command: string) =>
  cloud.machine(id).exec(['docker', 'exec', `ragstream-edge-${cloud.site.hostname}`, ...command.split(' ')])

pictureTest(
  'apps that are not Streamlit',
  () => cloud,
  async () => {
    const page = (path: string) => cloud.ask(`http://${cloud.site.hostname}${path}`)
    for (const kind of ['gradio', 'api'] as const) {
      const { health, says, broken, hop } = APPS[kind]
      deploy(kind)
      if (id === '') {
        id = cloud.launch()
        await untilLive(cloud, cloud.site, id, PATIENCE)
      }
      await untilRun(kind, '1.4.0')
      await expectLooked(cloud, 'live', (live) => {
        expect(live).toMatchObject({ causes: [], sentence: expect.stringMatching(says) })
        expect(live.hops.find((one) => one.hop === 'websocket')?.evidence).toBe(hop)
      })

      const statuses = await visits(health, async () => {
        deploy(kind, '1.5.0')
        await untilRun(kind, '1.5.0')
      })
      expect([...new Set(statuses)]).toEqual(['200'])

      await inContainer('touch /tmp/broken')
      await expectLooked(cloud, 'broken', ({ sentence }) => expect(sentence).toMatch(broken))
      await inContainer('rm /tmp/broken')
      await expectLooked(cloud, 'live', () => {})
    }
    expect(await page('/v1/items')).toBe('{"items": ["secret"]}\n')
    expect(await page('/gradio_api/queue/data')).toBe('{"detail": "Not Found"}')
  },
)
