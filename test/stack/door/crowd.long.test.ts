// A crowd at the door of an account with ten functions at once: 500 posts beside 50 open pages; the soak sends 10,000 (soak.ts).
import { startWith, tooMuch } from './crowd.ts'

test('posts and open pages: one start, and of what all functions share no more than the throttle lets through', async () => {
  const crowd = await startWith('at the door', 500)
  expect(tooMuch(crowd)).toEqual([])
  expect(crowd.codes.get(429)).toBeGreaterThan(250)
})
