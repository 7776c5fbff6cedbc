// One-instance sites that start together, with LONG=true a thousand, through the packaged bundles over HTTP, under the account's limit.
import { Resolver } from 'node:dns/promises'
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { until } from '../../local/scenario.ts'
import { type Fleet, fleet, lookAtEverything, route53Calls, ZONE } from '../support/fleet.ts'
import { LONG } from '../support/long-tests.ts'

/** So many that one write does not hold all. */
const SIZE = LONG ? 1000 : 600
/** Ten sites start at each step. A step takes 100 ms. */
const STEPS = SIZE / 10
/** Seconds: only what never comes takes so long. */
const PATIENCE = 250

let started: Fleet
afterEach(async () => {
  await started?.cloud.close()
})

const addressOf = (id: string) => started.cloud.world.state.instances.get(id)!.publicIp

/** How many names the zone's servers answer with the address of their instance. */
function right(): number {
  const { served } = started.cloud.world.state.zones.get(ZONE)!
  const answers = new Map(
    [...served.values()].filter(({ type }) => type === 'A').map(({ name, values }) => [name, values]),
  )
  return started.ids.filter((id, index) => {
    const address = addressOf(id)
    return address !== null && answers.get(`${started.names[index]}.`)?.join() === address
  }).length
}

test(`${SIZE} starts within ${STEPS / 10} s: every name right, at most 20 Route 53 calls, nothing lost`, async () => {
  started = await fleet(SIZE)
  const { cloud, ids, names, happened } = started
  await cloud.deploy()
  lookAtEverything(cloud)
  const parked = ({ zones }: typeof cloud.world.state) =>
    [...zones.get(ZONE)!.served.values()].filter(({ values }) => values[0] === '192.0.2.1').length === SIZE
      ? true
      : undefined
  await until(cloud, 'all are parked', PATIENCE, parked)
  await cloud.stack.idle()
  happened.length = 0

  const began = Date.now()
  for (let step = 1; step <= STEPS; step++) {
    cloud.world.dispatch({ type: 'StartInstances', ids: ids.slice(((step - 1) * SIZE) / STEPS, (step * SIZE) / STEPS) })
    // By the clock: what the steps themselves take on a slow machine is not added.
    await pause(Math.max(0, began + step * 100 - Date.now()))
  }
  const lastEvent = Date.now()
  await until(cloud, 'every name leads to its instance', PATIENCE, () => (right() === SIZE ? true : undefined))
  const seconds = (Date.now() - lastEvent) / 1000
  await cloud.stack.idle()

  const calls = route53Calls(happened)
  console.log(
    `fleet of ${SIZE}: right ${seconds.toFixed(1)} s after the last start, ${calls.length} Route 53 calls: ${tally(calls)}`,
  )
  // The starts of a slow machine take longer, and have more rounds of calls.
  expect(calls.length).toBeLessThanOrEqual(20 * Math.max(1, (lastEvent - began) / 10_000))
  const deadLetters = [...cloud.world.state.queues.values()].filter(({ arn }) => arn.includes('DeadLetters'))
  expect(deadLetters.map(({ messages }) => messages.size)).toEqual([0, 0, 0, 0])
  const resolver = new Resolver({ timeout: 10_000 })
  resolver.setServers([`${cloud.dns.address}:${cloud.dns.port}`])
  for (const [index, name] of names.entries()) expect(await resolver.resolve4(name)).toEqual([addressOf(ids[index]!)])
  const megabytes = bundleMemory()
  console.log(`memory of the bundles, at most: ${megabytes.map(Math.round).join(', ')} MB`)
  expect(megabytes.length).toBeGreaterThan(0)
  expect(Math.max(...megabytes)).toBeLessThan(256)
}, 1_800_000)

function tally(calls: readonly string[]): string {
  return [...Map.groupBy(calls, (call) => call)].map(([call, all]) => `${all.length} ${call}`).join(', ')
}

/** The most that each living execution environment has held: VmHWM of /proc/<pid>/status. */
function bundleMemory(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const [parent, peak] = ['PPid', 'VmHWM'].map((key) => status(pid, key))
        const ours = parent === process.pid && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('bootstrap.mjs')
        return ours && peak ? [peak / 1024] : []
      } catch {
        return [] // ended meanwhile
      }
    })
}

const status = (pid: string, key: string): number =>
  Number(new RegExp(`^${key}:\\s+(\\d+)`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
