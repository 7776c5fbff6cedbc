// A stage with a door on the packaged stack, its site asleep; and what a browser's page sends and asks.
import { furnishAccount, served, until } from '../../../local/scenario.ts'
import { testCloud } from '../../support/cloud.ts'
import { doorPackage } from '../../support/door-package.ts'

/** Seconds. */
export const PATIENCE = 300

interface Shown {
  readonly state: string
  readonly ticket?: string
  readonly leads?: string
  readonly button: boolean
  readonly sentence: string
  readonly again?: number
}

export async function sleeping(overrides: Parameters<typeof testCloud>[0] = {}) {
  const environment = { SECONDS_BETWEEN_TRIES: '1', SECONDS_OF_A_MINUTE: '60', ...overrides.environment }
  // Long enough for a poll to see it start, on a busy machine too.
  const tempo = { pendingMs: 4000, stoppingMs: 50, insyncMs: 100 }
  let timedOut = 0
  const onInvoke: typeof overrides.onInvoke = (report) => {
    overrides.onInvoke?.(report)
    if (report.phase === 'end' && report.error?.errorType === 'Sandbox.Timedout') timedOut += 1
  }
  const cloud = await testCloud({ packageFolder: await doorPackage(), tempo, ...overrides, onInvoke, environment })
  const site = cloud.sites[0]!
  const [id = ''] = furnishAccount(cloud, cloud.sites, cloud.stage)
  await cloud.deploy()
  // As its owner might declare it: in tests nobody waits ten seconds for resolvers, and two starts reach the limit.
  const name = `/ragstream-edge/${cloud.stage}/sites/${site.hostname}`
  const value = JSON.stringify({ ...site, parkTtl: 1, door: { perHour: 2 } })
  cloud.world.dispatch({ type: 'PutParameter', name, value, overwrite: true })
  await until(cloud, 'parked', PATIENCE, (world) => (served(world, site) ? true : undefined))
  const url = (path = '') => `${cloud.api.url}/${site.hostname}${path}`
  const get = (path = '') => fetch(url(path), { redirect: 'manual' })
  /** A page. Where one of its reads came late, a visitor loads it again. */
  const load = async (path = '') => {
    for (let tries = 1; ; tries++) {
      const reply = await get(path)
      const text = await reply.text()
      if (!text.includes('Nobody can say') || tries === 5)
        return { status: reply.status, location: reply.headers.get('location'), text }
    }
  }
  const post = (ticket: string, accept = 'application/json') =>
    fetch(url('/start'), {
      method: 'POST',
      redirect: 'manual',
      headers: { accept },
      body: new URLSearchParams({ ticket }),
    })
  /** As a page does, it asks again where nobody could look in time. */
  const shownBy = async (ask: () => Promise<Response>, wanted: (shown: Shown) => boolean, what: string) => {
    for (let n = 0; n < 300; n++) {
      const reply = await ask()
      const shown = reply.ok ? ((await reply.json()) as Shown) : undefined
      if (shown && wanted(shown)) return shown
      await new Promise((resolve) => setTimeout(resolve, 300))
    }
    throw new Error(`${what}: never`)
  }
  const statusUntil = (wanted: (shown: Shown) => boolean, what: string) => shownBy(() => get('/status'), wanted, what)
  const isKnown = ({ state }: Shown) => state !== 'unknown'
  const status = () => statusUntil(isKnown, 'a look')
  const state = () => cloud.world.state.instances.get(id)!.state
  const starts = () => [...cloud.world.state.parameters.keys()].filter((name) => name.includes('/starts/'))
  const press = async () => {
    const { ticket = '' } = await status()
    const ask = async () => {
      const before = timedOut
      const reply = await post(ticket)
      // A function that fails is not asked again, but for one that a busy machine kept until its limit.
      if (timedOut === before) expect(reply.status).not.toBe(500)
      return reply
    }
    return shownBy(ask, isKnown, 'an answer')
  }
  return { cloud, site, id, get, load, post, press, status, statusUntil, state, starts }
}
