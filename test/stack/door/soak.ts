// A crowd at the door: POSTS (10,000) beside 50 open pages, ROUNDS (3) times. The start's record and command with the crowd, with the same crowd on the same
// machine but at another API that lets nobody through, and without: what the first takes longer than the second is the door's. Ends with 1 where that is
// a second or more, or where the crowd took more than it may.
import { type Counted, mostASecond, type Place, startWith, tooMuch } from './crowd.ts'

const POSTS = Number(process.env.POSTS ?? 10_000)
const ROUNDS = Number(process.env.ROUNDS ?? 3)
/** Milliseconds: a poll of a queue, more or less. */
const SLACK = 1_000
const PLACES: readonly Place[] = ['nowhere', 'elsewhere', 'at the door']

const counts = ({ codes, most, calls, waited }: Counted): string => {
  const named = (name: string) => calls.filter((one) => one.name.startsWith(name))
  return [
    [...codes].map(([code, many]) => `${code}: ${many}`).join(', ') || 'nobody',
    `${most.get('door')} of the door at once, ${most.get('all')} in all`,
    ...['ec2', 'ssm Get', 'ssm Put'].map(
      (name) => `${name}: ${named(name).length}, ${mostASecond(named(name))} in a second`,
    ),
    `waited: ${JSON.stringify(waited.filter((one) => one.function !== 'door'))}`,
  ].join('; ')
}

const results = new Map<Place, Counted[]>(PLACES.map((place) => [place, []]))
for (let round = 1; round <= ROUNDS; round++)
  for (const place of PLACES) {
    const counted = await startWith(place, POSTS)
    results.get(place)!.push(counted)
    console.log(`${round}, ${place}: record ${counted.record} ms, command ${counted.command} ms; ${counts(counted)}`)
    for (const what of tooMuch(counted)) {
      console.error(`  too much: ${what}`)
      process.exitCode = 1
    }
  }

const median = (place: Place, what: 'record' | 'command'): number =>
  results
    .get(place)!
    .map((one) => one[what])
    .sort((a, b) => a - b)[Math.floor(ROUNDS / 2)]!

for (const what of ['record', 'command'] as const) {
  const [without, elsewhere, crowd] = PLACES.map((place) => median(place, what)) as [number, number, number]
  console.log(
    `${what}: ${without} ms without a crowd, ${elsewhere} with it elsewhere, ${crowd} with it at the door (medians of ${ROUNDS})`,
  )
  if (crowd - elsewhere >= SLACK) process.exitCode = 1
}
