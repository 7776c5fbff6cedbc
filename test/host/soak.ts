// The kill test for as many kills as wanted: KILLS=200 SEED=1 node test/host/soak.ts. Ends with 1 where a host is not mended.
import { useStreamlit } from './document/bench.ts'
import { drawKills, KINDS, KillBench, type Killed } from './document/kills.ts'
import { openRoom } from './machine/bench.ts'

useStreamlit()
const count = Number(process.env.KILLS ?? 200)
const seed = Number(process.env.SEED ?? Date.now() & 0x7fffffff)

console.log(`seed ${seed}, ${count} kills`)
const started = Date.now()
const room = await openRoom()
try {
  const host = await room.machine('i-soak', { privateIp: '172.31.4.5' })
  await host.boot()
  const bench = new KillBench(host)
  console.log('milliseconds of a run that nobody disturbs', await bench.measure(KINDS))
  const kills = drawKills(seed, count, KINDS, ['all', 'shell', 'host'])
  const killed: Killed[] = []
  for (const kill of kills) {
    killed.push(await bench.kill(kill))
    if (killed.length % 10 === 0) console.log(`${killed.length} kills, ${Math.round((Date.now() - started) / 1000)} s`)
  }
  const alive = killed.filter((one) => one.alive)
  const last = new Set(alive.map(({ said }) => said.split(' ', 2).join(' ')))
  const kinds = KINDS.map((kind) => `${alive.filter((one) => one.kind === kind).length} ${kind}`).join(', ')
  console.log(
    `ok: seed ${seed}, ${count} runs, ${alive.length} killed under way (${kinds}), after ${last.size} different lines`,
  )
} catch (error) {
  console.log(`failed: seed ${seed}\n${(error as Error).message}`)
  process.exitCode = 1
} finally {
  await room.close()
}
