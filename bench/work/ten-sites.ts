// Ten one-instance sites in one zone whose instances start together: the records only, there are no hosts behind them.
import { until } from '../../local/scenario.ts'
import { fleet, lookAtEverything, ZONE } from '../../test/support/fleet.ts'
import type { Say } from '../figures.ts'
import type { Floor } from './cases.ts'
import { type Work, watch } from './watch.ts'

const [SITES, ROUNDS] = [10, 1]

export const TEN: { readonly name: string; readonly floor: Floor } = {
  name: 'ten sites start together',
  floor: {
    calls: 4,
    why: 'sites, instances, records, and the write: ten sites are one page of parameters, one listing and one batch',
    above:
      'Instances that start at almost the same moment arrive in several batches. Two batches run at once, because a queue cannot be limited to fewer than two runs. Both runs want to write, and Route 53 refuses one write. The refused run looks once more and finds the work done. Batches one after the other would need fewer calls, but the last batch would wait',
    ms: {},
  },
}

export async function tenSites(say: Say): Promise<Work[]> {
  const watched = watch()
  const { cloud, ids } = await fleet(SITES, watched.options)
  const works: Work[] = []
  try {
    await cloud.deploy()
    lookAtEverything(cloud)
    await until(cloud, 'parked', 60, () => (answers(cloud).every((value) => value === '192.0.2.1') ? true : undefined))
    await cloud.stack.idle({ retries: true })
    for (let round = 0; round <= ROUNDS; round++) {
      watched.take()
      cloud.world.dispatch({ type: 'StartInstances', ids })
      await cloud.stack.idle()
      await until(cloud, 'right', 60, () => (new Set(answers(cloud)).size === SITES ? true : undefined))
      await cloud.stack.idle()
      if (round > 0) works.push(watched.take())
      say(`work: round ${round} of ${ROUNDS}, ${TEN.name}`)
      cloud.world.dispatch({ type: 'StopInstances', ids })
      await until(cloud, 'parked', 60, () => (new Set(answers(cloud)).size === 1 ? true : undefined))
      await cloud.stack.idle()
    }
  } finally {
    await cloud.close()
  }
  return works
}

type Cloud = Awaited<ReturnType<typeof fleet>>['cloud']

/** What the zone's servers answer for each site. */
function answers({ world }: Cloud): string[] {
  const { served } = world.state.zones.get(ZONE)!
  const found = [...served.values()].filter(({ type }) => type === 'A').map(({ values }) => values.join())
  return found.length === SITES ? found : ['']
}
