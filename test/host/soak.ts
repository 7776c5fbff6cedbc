// The kill test for as many kills as wanted: KILLS=200 SEED=1 node test/host/soak.ts. Ends with 1 where a host is not mended.
import { useStreamlit } from './document/bench.ts'
import type { Whom } from './document/killer.ts'
import { drawKills, KINDS, KillBench, type Killed } from './document/kills.ts'
import { openRoom } from './machine/bench.ts'

useStreamlit()
const count = Number(process.env.KILLS ?? 200)
const seed = Number(process.env.SEED ?? Date.now() & 0x7fffffff)

const WHOM: readonly Whom[] = ['all', 'shell', 'host']

console.log(`seed ${seed}, ${count} kills`)
const killed: Killed[] = []
const started = Date.now()
const room = await openRoom()
try {
  const host = await room.machine('i-soak', { privateIp: '172.31.4.5' })
  await host.boot()
  const bench = new KillBench(host)
  console.log('milliseconds of a run that nobody disturbs', await bench.measure(KINDS))
  const kills = drawKills(seed, count, KINDS, WHOM)
  for (const kill of kills) {
    killed.push(await bench.kill(kill))
    if (killed.length % 10 === 0) console.log(`${killed.length} kills, ${Math.round((Date.now() - started) / 1000)} s`)
  }
  console.log(`ok: seed ${seed}, ${count} runs`)
} catch (error) {
  console.log(`failed: seed ${seed}\n${(error as Error).message}`)
  process.exitCode = 1
} finally {
  await room.close()
}

// By kind and by what was killed: the kills that hit a run under way, and left the host right.
const alive = killed.filter((one) => one.alive)
for (const kind of KINDS) {
  const counts = WHOM.map((whom) => `${whom} ${alive.filter((one) => one.kind === kind && one.whom === whom).length}`)
  console.log(`${kind.padEnd(8)} ${counts.join(', ')}`)
}
const last = new Set(alive.map(({ said }) => said.split(' ', 2).join(' ')))
console.log(`${alive.length} of ${killed.length} killed under way, after ${last.size} different lines`)
