// The reader of nginx's language against nginx itself, on the host's own nginx: what loads, what is refused, which files, who answers.
// Of a seed; others are drawn by the soak (npm run test:soak -- reader).
import { compareWithNginx } from '../reader/compare.ts'

const seed = Number(process.env.SEED ?? 63_410_007)
const MANY = 200

test(`${MANY} generated configurations, SEED=${seed}`, async () => {
  const { lines, counts } = await compareWithNginx(seed, MANY)
  expect(lines).toEqual([])
  expect(counts.differ).toBe(0)
  expect(counts.load).toBeGreaterThan(MANY * 0.6)
  expect(counts['both-refuse']).toBeGreaterThan(0)
  expect(counts.asked).toBeGreaterThan(1000)
})
