// The problems that only a converge step can see, as outcome tells them: one notice each, and one at its end.

import type { ReportedProblem, ReportedProblems } from '../domain/news.ts'
import { PROBLEMS } from '../domain/problem.ts'
import { fingerprint } from '../hosts/fingerprint.ts'
import { alreadyTold, type OutcomeAct, type OutcomeInput } from './act.ts'
import { type OpenProblem, problemName, type ToldProblem } from './state.ts'

interface Wanted {
  readonly problem: OpenProblem
  readonly headline: string
  readonly reason: string
  readonly final: boolean
  readonly lines?: readonly string[]
}

export function planFindings(input: OutcomeInput): OutcomeAct[] {
  const { site, state, findings } = input
  const told = state.told.filter(({ name, instanceId }) => !PROBLEMS[name].toldByOutcome || instanceId !== undefined)
  const gone = told.filter((problem) => hasGone(problem, input))
  const closed: OutcomeAct[] = gone.map((problem) => {
    const reason = `${problem.instanceId} runs no longer, or is none of its instances`
    return { act: 'close', problem, quiet: false, reason }
  })
  if (!findings?.sites.includes(site)) return closed
  const wanted = wantedOf(input, findings)
  const names = new Set(wanted.map(({ problem }) => problemName(problem)))
  const over = told.filter((one) => !gone.includes(one) && isJudged(one, findings) && !names.has(problemName(one)))
  return [
    ...closed,
    ...over.map((problem): OutcomeAct => {
      const quiet = wanted.some((one) => one.problem.name === problem.name)
      return { act: 'close', problem, quiet, reason: quiet ? 'it has changed' : 'a look no longer finds it' }
    }),
    ...wanted.flatMap((one) => openOrKeep(one, input)),
  ]
}

const hasGone = ({ instanceId }: ToldProblem, { hosts, errors }: OutcomeInput): boolean =>
  instanceId !== undefined && errors.length === 0 && !hosts.some(({ instance }) => instance.id === instanceId)

/** Only a look at its half of the work sees the end of a problem. */
const isJudged = ({ name }: ToldProblem, { sources }: ReportedProblems): boolean =>
  !PROBLEMS[name].toldByOutcome && sources.includes(PROBLEMS[name].source)

function openOrKeep({ final, ...told }: Wanted, { state }: OutcomeInput): OutcomeAct[] {
  const kept = alreadyTold(state, told.problem)
  if (kept) return [kept]
  return final ? [{ act: 'open', ...told }] : []
}

/** What is wrong with a document is read, not told; whoever looks at hosts reads all of it, images too. */
function wantedOf({ site, errors }: OutcomeInput, { findings, sources }: ReportedProblems): Wanted[] {
  const mine = findings.filter((one) => one.site === site && !PROBLEMS[one.name].toldByOutcome)
  const groups = [...Map.groupBy(mine, (one) => problemName(problemOf(one))).values()]
  return [
    ...(errors.length > 0 && sources.includes('host') ? [brokenSite(site, errors)] : []),
    ...groups.map((group) => ({
      problem: problemOf(group[0]!),
      headline: `${site}: ${group[0]!.name}`,
      reason: group.map(({ message }) => message).join('; '),
      final: group.some(({ final }) => final),
    })),
  ]
}

/** Another mistake in the document is another problem. */
const brokenSite = (site: string, errors: readonly string[]): Wanted => ({
  problem: { name: 'BrokenSite', about: fingerprint(errors.join('; ')) },
  headline: `the document of ${site} has errors: nothing is changed`,
  reason: errors.join('; '),
  lines: errors,
  final: true,
})

const problemOf = ({ name, instances }: ReportedProblem): OpenProblem =>
  PROBLEMS[name].ofInstance && instances.length === 1 ? { name, instanceId: instances[0]! } : { name }
