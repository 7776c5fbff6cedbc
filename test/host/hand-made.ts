// npm run test:soak -- adopt: RUNS hand-made hosts (300) of SEED, one after the other on one machine, and how each ended.

import { handMade, randomOf, takeOver } from './document/hand-made.ts'
import { openRoom } from './machine/bench.ts'

const seed = Number(process.env.SEED ?? Date.now() & 0x7ffffff)
const many = Number(process.env.RUNS ?? 300)
console.log(`SEED=${seed}`)
const room = await openRoom()
const reasons = new Map<string, number>()
let [adopted, wrong] = [0, 0]
try {
  const host = await room.machine('i-hand-made', { privateIp: '172.31.4.91' })
  await host.boot()
  const random = randomOf(seed)
  for (let at = 0; at < many; at++) {
    const made = handMade(random)
    const result = await takeOver(host, made)
    if (result.wrong.length > 0) console.log(`wrong at ${at}: ${result.wrong.join('; ')}\n${JSON.stringify(made)}`)
    wrong += result.wrong.length > 0 ? 1 : 0
    adopted += result.adopted ? 1 : 0
    const reason = result.adopted
      ? 'taken over'
      : result.reason
          .replace(/ \(pid \d+\)/, '')
          .replace(/.*, and \S+: /, '')
          .replace(/^port 8501 is held by hand$/, 'container')
    reasons.set(reason, (reasons.get(reason) ?? 0) + 1)
    if ((at + 1) % 25 === 0) console.log(`${at + 1} hosts, ${adopted} taken over, ${wrong} wrong`)
  }
} finally {
  await room.close()
}
for (const [reason, count] of [...reasons].sort(([, a], [, b]) => b - a))
  console.log(`${String(count).padStart(5)}  ${reason}`)
const good = wrong === 0 && adopted * 3 >= many
console.log(`${many} hosts, ${adopted} taken over, ${wrong} wrong: ${good ? 'pass' : 'failed'}`)
process.exitCode = good ? 0 : 1
