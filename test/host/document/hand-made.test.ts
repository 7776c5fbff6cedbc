// Twenty hand-made hosts of a seed; hundreds in the soak (npm run test:soak -- adopt).
import { openRoom } from '../machine/bench.ts'
import { handMade, randomOf, takeOver } from './hand-made.ts'

const seed = Number(process.env.SEED ?? 130_600_391)
const MANY = 20

test(`${MANY} hand-made hosts, SEED=${seed}: taken over whole, or refused and nothing changed`, async () => {
  const room = await openRoom()
  const taken = []
  try {
    const host = await room.machine('i-hand-made', { privateIp: '172.31.4.91' })
    await host.boot()
    const random = randomOf(seed)
    for (let at = 0; at < MANY; at++) {
      const made = handMade(random)
      const result = await takeOver(host, made)
      expect({ ...made, wrong: result.wrong }).toEqual({ ...made, wrong: [] })
      taken.push(result)
    }
  } finally {
    await room.close()
  }
  expect(taken.filter(({ adopted }) => adopted).length).toBeGreaterThan(2)
  expect(taken.filter(({ adopted }) => !adopted).length).toBeGreaterThan(2)
}, 1_800_000)
