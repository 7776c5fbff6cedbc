// node bench/start-to-live.ts [starts]: from StartInstances to a rendered page on real machines, split by phase. Prints the table and
// writes docs/start-to-live.md.
import { writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { startInstance, stopInstance, untilLive } from '../local/cli/scenario.ts'
import { type RealCloud, realCloud } from '../test/support/real.ts'
import { describe } from './report.ts'
import { stopwatch } from './stopwatch.ts'

const PATIENCE = 300

async function main(): Promise<void> {
  const starts = Number(process.argv[2] ?? 10)
  if (!Number.isInteger(starts) || starts < 1) throw new Error(`starts: found ${process.argv[2]}, wanted 1 or more`)
  const cloud = await realCloud()
  try {
    const watch = stopwatch(cloud)
    const id = cloud.launch()
    await untilLive(cloud, cloud.site, id, PATIENCE)
    const launch = await watch.laps(id, visit(cloud))
    console.log('launched: the image is on the host now')
    const runs = []
    for (let run = 1; run <= starts; run++) {
      await stopInstance(cloud, cloud.site, id, PATIENCE)
      await cloud.stack.idle()
      watch.reset()
      await startInstance(cloud, cloud.site, id, PATIENCE)
      runs.push(await watch.laps(id, visit(cloud)))
      console.log(`start ${run} of ${starts}: ${((runs.at(-1)?.at(-1)?.at ?? 0) / 1000).toFixed(1)} s`)
    }
    const text = describe(launch, runs, { cores: cpus().length, tempo: cloud.world.state.tempo })
    console.log(`\n${text.table}`)
    writeFileSync(new URL('../docs/start-to-live.md', import.meta.url), text.page)
  } finally {
    await cloud.close()
  }
}

/** Somebody whose resolver has not been asked yet; 0 ms later the page is there or the run fails. */
const visit = (cloud: RealCloud) => async (): Promise<void> => {
  cloud.room.emptyResolverCache()
  const { rendered, failure } = await cloud.visitor.visit(`http://${cloud.site.hostname}/`, { timeoutMs: 60_000 })
  if (!rendered) throw new Error(`the page: found ${failure ?? 'no app'}, wanted it rendered`)
}

await main()
