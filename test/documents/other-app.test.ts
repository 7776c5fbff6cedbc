// A site whose app is not Streamlit: what is asked of it, what counts as an answer, and what strangers of a guarded site see of it.
import { request } from '../../local/machine/rendered/requests.ts'
import { base64, CONTAINER, copyForEach, NAME, newHost, SITE_FILE } from './host.ts'

const on = copyForEach()

const API = { Image: 'api:1', HealthPath: '/healthz', HealthBody: base64('{"status": "ok"}') }
const OTHER = { healthPath: '/healthz', streamPath: '/ws' }
const GUARDED = { ...API, Networks: '203.0.113.0/24' }

test('a site that says nothing of its app has what it always had, and its container', async () => {
  const file = on.host.file(SITE_FILE)
  on.host.calls()
  const run = await on.host.configure({ HealthPath: '/_stcore/health', HealthBody: base64('ok') })
  expect(run.results).toMatchObject({ container: 'unchanged', nginx: 'unchanged', done: 'unchanged' })
  expect(on.host.file(SITE_FILE)).toBe(file)
  expect(file).not.toMatch(/health/)
})

test('another health alone: the container stays', async () => {
  on.host.change(({ images, ...state }) => ({
    ...state,
    images: { ...images, 'ragstream:1.4.0': { ...images['ragstream:1.4.0']!, ...OTHER, health: 'up' } },
  }))
  const { Image: _, ...health } = API
  const wrong = await on.host.configure(health)
  expect(wrong.last).toMatch(
    /^step=health result=failed reason="no ok from 127.0.0.1:8501\/healthz; last answer: up 200;/,
  )
  const id = on.host.state().containers[0]!.id
  const run = await on.host.configure({ ...health, HealthBody: base64('up') })
  expect(run.results).toMatchObject({ container: 'unchanged', health: 'ok', done: 'unchanged' })
  expect(on.host.state().containers).toMatchObject([{ name: CONTAINER, id }])
})

test.each([
  ['its words, with a line end', API, '{"status": "ok"}\n'],
  ['any 2xx, whatever it says', { ...API, HealthBody: '' }, '<html>\n'.repeat(2000)],
])('%s: live, and then there is nothing to do', async (_, values, health) => {
  on.host.image('api:1', { ...OTHER, health })
  expect((await on.host.configure(values)).results).toMatchObject({
    health: 'ok',
    'port-80-health': 'ok',
    done: 'changed',
  })
  on.host.calls()
  expect((await on.host.configure(values)).results).toMatchObject({ done: 'unchanged' })
  // The app, nginx, both, and a wrong name: by one program.
  expect(on.host.calls().filter((call) => call.startsWith('curl '))).toHaveLength(1)
})

test('a health that any path has is told at the first roll-out, and not again', async () => {
  const host = await newHost()
  host.image('api:1', { ...OTHER, health: 'anything' })
  const NOTE = `step=health result=ok reason="the app answers any path as it answers /healthz, which then says nothing about whether it is ready"`
  const values = { ...API, HealthBody: '' }
  expect((await host.configure(values)).lines).toContain(NOTE)
  expect((await host.configure(values)).lines).not.toContain(NOTE)
  await host.destroy()
})

test('guarded: nginx says ok or 503 itself, and nothing that the app says', async () => {
  on.host.image('api:1', { ...OTHER, health: '{"status": "ok"}' })
  expect((await on.host.configure(GUARDED)).results).toMatchObject({ 'port-80-health': 'ok', done: 'changed' })
  expect((await on.host.configure(GUARDED)).results).toMatchObject({ done: 'unchanged' })
  const asked = () => request(on.host.state(), 80, NAME, '/healthz')
  expect(asked()).toEqual({ status: 200, body: 'ok' })
  on.host.change((state) => ({ ...state, containers: state.containers.map((one) => ({ ...one, running: false })) }))
  expect(asked()).toMatchObject({ status: 503 })
})

test('guarded, and Streamlit: its own words are known', async () => {
  expect((await on.host.configure({ Networks: '203.0.113.0/24' })).results).toMatchObject({ done: 'changed' })
  expect(on.host.file(SITE_FILE)).toMatch(/location = \/_stcore\/health \{/)
  expect(on.host.file(SITE_FILE)).not.toMatch(/auth_request/)
})

test('a page without a WebSocket: the inspection asks for /', async () => {
  on.host.image('api:1', { ...OTHER, health: '{"status": "ok"}' })
  await on.host.configure(API)
  const asked = async (Websocket: string) => JSON.parse((await on.host.inspect({ ...API, Websocket })).stdout).answers
  expect(await asked('')).toMatchObject({
    app: { status: 200, body: '{"status": "ok"}' },
    appWebSocket: 200,
    nginxWebSocket: 200,
  })
  expect(await asked('/ws')).toMatchObject({ appWebSocket: 101, nginxWebSocket: 101 })
  expect(await asked('/none')).toMatchObject({ appWebSocket: 200, nginxWebSocket: 200 })
})
