// Decides when people are told of another writer of a record. A pure function of the times at which the record was corrected:
//
//   put right                                                | plan
//   once                                                     | nothing: a person may try something
//   twice within an hour, for the same address or two starts | open RecordContested
//   at two starts in a row                                   | open RecordContested
//   not for a week, and the schedule asks                    | close
import { type Contest, launchOf } from '../domain/contest.ts'
import { alreadyTold, type OutcomeAct, type OutcomeInput } from './act.ts'
import type { StateEntry } from './state.ts'

const HOUR = 3_600_000
const WEEK = 7 * 24 * HOUR
/** Entries of a record that stay: two of them decide. */
const KEPT = 4
const KIND = 'contest'

const entryName = ({ type, name, at }: Contest): string => `${KIND}/${type}/${name}/${at}`

/** Below the state of the site, an entry each: of two runs side by side none overwrites what the other saw. */
export const contestEntry = (contest: Contest): StateEntry => ({
  name: entryName(contest),
  value: JSON.stringify(contest),
})

/** What does not read as ours is as good as not there. */
export const readContests = (entries: readonly StateEntry[]): Contest[] =>
  entries.flatMap(({ name, value }) => {
    if (!name.startsWith(`${KIND}/`)) return []
    try {
      const contest: Contest = JSON.parse(value)
      return entryName(contest) === name ? [contest] : []
    } catch {
      return []
    }
  })

/** Names of entries that decide nothing any more. */
export const outlivedContests = (contests: readonly Contest[]): string[] =>
  [...Map.groupBy(contests, ({ name, type }) => `${type} ${name}`).values()].flatMap((all) =>
    all
      .toSorted((a, b) => b.at - a.at)
      .slice(KEPT)
      .map(entryName),
  )

export function planContested(input: OutcomeInput): OutcomeAct[] {
  const { site, state, contested } = input
  if (!contested) return []
  const { contests, now } = contested
  const latest = Math.max(0, ...contests.map(({ at }) => at))
  const told = state.told.find(({ name }) => name === 'RecordContested')
  if (told && input.asked && now - latest > WEEK)
    return [{ act: 'close', problem: told, quiet: false, reason: 'nobody else has written the record for a week' }]
  const pair = [...Map.groupBy(contests, ({ name, type }) => `${type} ${name}`).values()]
    .map((all) => all.toSorted((a, b) => a.at - b.at).slice(-2))
    .find(([first, second]) => first && second && fights(first, second, input))
  if (!pair || now - latest > HOUR) return []
  const problem = { name: 'RecordContested' } as const
  const headline = `${site}: another program writes its record`
  const reason = `${pair[0]!.name} was put right again and again`
  return [alreadyTold(state, problem) ?? { act: 'open', problem, headline, reason, lines: linesOf(pair) }]
}

/** An address that changes while the instance runs (an Elastic IP) is no fight. */
function fights(first: Contest, second: Contest, { state }: OutcomeInput): boolean {
  if (first.start === second.start) return first.wanted === second.wanted && second.at - first.at <= HOUR
  const [from, to] = [launchOf(first), launchOf(second)]
  const between = state.live.some(({ launchTime }) => launchTime > from + 1000 && launchTime < to)
  return !between || second.at - first.at <= HOUR
}

const linesOf = (pair: readonly Contest[]): string[] => [
  ...pair.map(({ name, type, found, wanted, at, start }) =>
    [new Date(at).toISOString(), `${type} ${name}: found ${found}`, `wrote ${wanted}`, start].join(', '),
  ),
  'Who wrote it (CloudTrail shows it up to 15 minutes later):',
  `  aws cloudtrail lookup-events --region us-east-1 --lookup-attributes AttributeKey=ResourceName,AttributeValue=${pair[0]!.zoneId} \\`,
  `    --query "Events[?contains(CloudTrailEvent, '${pair[0]!.name}')].[EventTime,Username,CloudTrailEvent]"`,
  './edge doctor <target> tells whether the role of the instance may write the zone, and by which policy: take that right away, then the program.',
]
