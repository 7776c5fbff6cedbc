// How long until every record is right, and how many Route 53 calls that takes, when 1, 10, 100 and 1,000 one-instance
// sites start within 10 s under the account's limits. `npm run bench -- 10000` for other sizes.
import { fleet, lookAtEverything, route53Calls, ZONE } from '../test/support/fleet.ts'

const SIZES = process.argv.slice(2).map(Number)
const STEPS = 100
const GIVE_UP_SECONDS = 300

interface Row {
  readonly size: number
  readonly seconds: number
  readonly calls: number
}

async function measure(size: number): Promise<Row> {
  const { cloud, ids, names, happened } = await fleet(size)
  const served = () => [...cloud.world.state.zones.get(ZONE)!.served.values()].filter(({ type }) => type === 'A')
  const parked = () => served().filter(({ values }) => values[0] === '192.0.2.1').length === size
  const right = () => {
    const answers = new Map(served().map(({ name, values }) => [name, values.join()]))
    return ids.every((id, index) => {
      const { publicIp } = cloud.world.state.instances.get(id)!
      return publicIp !== null && answers.get(`${names[index]}.`) === publicIp
    })
  }
  try {
    await cloud.deploy()
    lookAtEverything(cloud)
    await waitFor(parked)
    await cloud.stack.idle()
    happened.length = 0
    const step = Math.ceil(size / STEPS)
    for (let first = 0; first < size; first += step) {
      cloud.world.dispatch({ type: 'StartInstances', ids: ids.slice(first, first + step) })
      await pause(10_000 / Math.min(size, STEPS))
    }
    const last = performance.now()
    await waitFor(right)
    const seconds = (performance.now() - last) / 1000
    await cloud.stack.idle()
    return { size, seconds, calls: route53Calls(happened).length }
  } finally {
    await cloud.close()
  }
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

async function waitFor(condition: () => boolean): Promise<void> {
  for (const until = performance.now() + GIVE_UP_SECONDS * 1000; !condition(); await pause(100))
    if (performance.now() > until) throw new Error(`not right after ${GIVE_UP_SECONDS} s`)
}

console.log('instances  right after the last start  Route 53 calls  calls an instance')
for (const size of SIZES.length > 0 ? SIZES : [1, 10, 100, 1000]) {
  const { seconds, calls } = await measure(size)
  const columns = [String(size).padStart(9), `${seconds.toFixed(1)} s`.padStart(26), String(calls).padStart(14)]
  console.log(`${columns.join('  ')}  ${(calls / size).toFixed(3).padStart(17)}`)
}
