// node bench/start-to-live.ts [starts]: from StartInstances to a rendered page on real machines, split by phase.
import { cpus } from 'node:os'
import { startInstance, stopInstance, untilLive } from '../local/scenario.ts'
import { type RealCloud, realCloud } from '../test/support/real.ts'
import { type Report, rounds, type Say } from './figures.ts'
import { measured } from './standalone.ts'
import { reportOf } from './start/report.ts'
import { stopwatch } from './start/stopwatch.ts'

const PATIENCE = 300
const STARTS = rounds(3)

export async function startToLive(say: Say, starts = STARTS): Promise<Report> {
  const cloud = await realCloud()
  try {
    const watch = stopwatch(cloud)
    const id = cloud.launch()
    await untilLive(cloud, cloud.site, id, PATIENCE)
    const launch = await watch.laps(id, visit(cloud))
    say('start to live: launched, the image is on the host now')
    const runs = []
    for (let run = 1; run <= starts; run++) {
      await stopInstance(cloud, cloud.site, id, PATIENCE)
      await cloud.stack.idle()
      watch.reset()
      await startInstance(cloud, cloud.site, id, PATIENCE)
      runs.push(await watch.laps(id, visit(cloud)))
      say(`start to live: start ${run} of ${starts}, ${((runs.at(-1)?.at(-1)?.at ?? 0) / 1000).toFixed(1)} s`)
    }
    return reportOf(launch, runs, { cores: cpus().length, tempo: cloud.world.state.tempo })
  } finally {
    await cloud.close()
  }
}

/** Somebody whose resolver has not been asked yet; 0 ms later the page is there or the run fails. */
const visit = (cloud: RealCloud) => async (): Promise<void> => {
  await cloud.room.emptyResolverCache()
  const { rendered, failure } = await cloud.visitor.visit(`http://${cloud.site.hostname}/`, { timeoutMs: 60_000 })
  if (!rendered) throw new Error(`the page: found ${failure ?? 'no app'}, wanted it rendered`)
}

if (import.meta.main) {
  const starts = Number(process.argv.slice(2).find((word) => !word.startsWith('--')) ?? STARTS)
  if (!Number.isInteger(starts) || starts < 1) throw new Error(`starts: found ${process.argv[2]}, wanted 1 or more`)
  await measured((say) => startToLive(say, starts))
}
