// npm run test:soak -- reader: RUNS configurations (10,000), from SEED on.
import { compareWithNginx } from './compare.ts'

const seed = Number(process.env.SEED ?? Date.now() & 0x7ffffff)
const many = Number(process.env.RUNS ?? 10_000)
console.log(`SEED=${seed}`)
const { lines, counts } = await compareWithNginx(seed, many)
for (const line of lines.slice(0, 200)) console.log(line)
console.log(
  Object.entries(counts)
    .map(([name, count]) => `${name}: ${count}`)
    .join(', '),
)
const good = counts.differ === 0 && (counts.load ?? 0) >= many * 0.6
console.log(good ? 'pass' : 'failed')
process.exitCode = good ? 0 : 1
