// SIGKILL at seeded moments of a first configuration and of an image change, on the real host: one run mends it.
import { openRoom } from '../machine/bench.ts'
import { drawKills, KillBench, type Kind } from './kills.ts'

const COUNT = 20
const KINDS: readonly Kind[] = ['first', 'overlap', 'first', 'replace']
const seed = Number(process.env.SEED ?? Date.now() & 0x7fffffff)

let room: Awaited<ReturnType<typeof openRoom>>
beforeAll(async () => {
  room = await openRoom()
})
afterAll(() => room?.close())

test(`${COUNT} kills, SEED=${seed}: after one run the host is as if nobody had been killed`, async () => {
  const host = await room.machine('i-killed', { privateIp: '172.31.4.4' })
  await host.boot()
  const bench = new KillBench(host)
  const durations = await bench.measure(KINDS)
  const killed = []
  for (const kill of drawKills(seed, COUNT, KINDS, ['all', 'shell'])) killed.push(await bench.kill(kill))
  // Where other work slows the machine down, or speeds it up, a run may end before its moment.
  expect(killed.filter(({ alive }) => alive).length).toBeGreaterThanOrEqual(COUNT / 4)
  const story = killed.map(({ kind, whom, afterMs, alive, said }) => `${kind} ${whom} ${afterMs} ms ${alive} ${said}`)
  console.log([`seed ${seed}, durations ${JSON.stringify([...durations])}`, ...story].join('\n'))
}, 600_000)
