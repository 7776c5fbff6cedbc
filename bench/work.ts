// node bench/work.ts: what an event costs: calls, bytes and time, with the latency of real services on the wire, beside the fewest calls
// that could do it.
import { furnishAccount, served, until } from '../local/scenario.ts'
import { createFaults } from '../local/wire/faults.ts'
import { testCloud } from '../test/support/cloud.ts'
import { type Report, rounds, type Say } from './figures.ts'
import { measured } from './standalone.ts'
import { CASES, type Case } from './work/cases.ts'
import { reportOf } from './work/report.ts'
import { tenSites } from './work/ten-sites.ts'
import { type Work, watch } from './work/watch.ts'

const ROUNDS = rounds(2)

/** As in AWS, an instance is not so quick that both of its events fall into one batching window. */
const TEMPO = { pendingMs: 3000, stoppingMs: 3000, insyncMs: 100 }

export async function work(say: Say): Promise<Report> {
  return reportOf(await oneSite(say), await tenSites(say))
}

async function oneSite(say: Say): Promise<ReadonlyMap<Case, readonly Work[]>> {
  const faults = createFaults()
  const watched = watch([faults.middleware])
  const cloud = await testCloud({ ...watched.options, tempo: TEMPO })
  const done = new Map<Case, Work[]>(CASES.map((one) => [one, []]))
  try {
    const [id = ''] = furnishAccount(cloud, cloud.sites, cloud.stage)
    await cloud.deploy()
    await until(cloud, 'parked', 120, (world) => (served(world, cloud.sites[0]!) ? true : undefined))
    await cloud.stack.idle({ retries: true })
    // The first round is for the processes to start: what that costs is measured as cold start.
    for (let round = 0; round <= ROUNDS; round++) {
      for (const one of CASES) {
        await cloud.hosts.settled()
        watched.take()
        one.act({ cloud, faults, id, round })
        await until(cloud, `${one.name}: the instance is there or gone`, 60, ({ instances }) =>
          /^(running|stopped)$/.test(instances.get(id)!.state) ? true : undefined,
        )
        await cloud.stack.idle({ retries: true })
        // The end of a command on the host is news for outcome. On a busy machine a host takes its command late.
        await until(cloud, `${one.name}: no command is under way`, 120, ({ openCommands }) =>
          openCommands.size === 0 ? true : undefined,
        )
        await cloud.hosts.settled()
        await cloud.stack.idle({ retries: true })
        if (round > 0) done.get(one)!.push(watched.take())
        say(`work: round ${round} of ${ROUNDS}, ${one.name}`)
      }
    }
  } finally {
    await cloud.close()
  }
  return done
}

if (import.meta.main) await measured(work)
