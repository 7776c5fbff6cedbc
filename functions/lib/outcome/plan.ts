// Decides what to report and do about one site, after a command ended, a record was written, or a look left something undone.
// A pure function of the world as it is and of earlier notices. Every entry has a reason.
//
//   running host of the site                                 | plan
//   no command yet, one under way, or one that is outdated    | keep: host-config sends it, and its end is told
//   command failed, may pass, not the last try                | retry: host-config looks again; asked for by the news of its end alone
//   command failed otherwise                                  | open CommandFailed, once for each state of the site
//   command done, this start said to be live for this state   | keep; where the schedule asks, look, and twice not live: open NotLive
//   command done, not said yet                                | look: a diagnosis; live -> live, else wait, then open NotLive
//
//   told problem                                              | plan
//   its cause is seen to be gone                              | close
//   else                                                      | keep, and no second notice
//   the command failed again, as the news says                | renew: whether visitors get the page now

import { chosenInstance } from '../diagnosis/observation.ts'
import { type Instance, startOf } from '../domain/instance.ts'
import { mayPass } from '../hosts/output.ts'
import { isDone, MOST_FAILURES, RETRY_AFTER } from '../hosts/plan.ts'
import { alreadyTold, type OutcomeAct, type OutcomeInput, type SeenHost } from './act.ts'
import { planContested } from './contested.ts'
import { planFindings } from './findings.ts'
import { type LiveMark, type OpenProblem, problemName, type SiteState, sameMark } from './state.ts'

export function planOutcome(input: OutcomeInput): OutcomeAct[] {
  const others = [...planFindings(input), ...planContested(input)]
  if (input.errors.length > 0) return others
  return [
    ...input.hosts.flatMap((host) => planCommand(host, input)),
    ...planRenewal(input),
    ...planLive(input),
    ...others,
  ]
}

const hashOf = ({ planned }: SeenHost): string => planned.command.parameters.SiteHash ?? ''

function planCommand(host: SeenHost, { site, state, ended, retryAfter = RETRY_AFTER }: OutcomeInput): OutcomeAct[] {
  const { planned, instance, end } = host
  const told = state.told.filter((one) => one.name === 'CommandFailed' && one.instanceId === instance.id)
  const { last } = planned
  if (!last || last.comment !== planned.command.comment)
    return [{ act: 'keep', reason: planned.reason, instanceId: instance.id }]
  if (last.status === 'Success')
    return told.map((problem) => ({ act: 'close', problem, quiet: false, reason: `command ${last.id} succeeded` }))
  if (!end) return [{ act: 'keep', reason: `command ${last.id} is ${last.status}`, instanceId: instance.id }]
  const failed = `command ${last.id} on ${instance.id} ended as ${end.details}`
  if (planned.failures < MOST_FAILURES && mayPass(end)) {
    const seconds = retryAfter[Math.max(planned.failures - 1, 0)]!
    const reason = `${failed}: failure ${planned.failures} of ${MOST_FAILURES}, again in ${seconds} s`
    return [{ instanceId: instance.id, reason, ...(ended === last.id ? { act: 'retry', seconds } : { act: 'keep' }) }]
  }
  const problem: OpenProblem = { name: 'CommandFailed', instanceId: instance.id, about: hashOf(host) }
  const headline = `${site}: ${instance.id} could not be configured`
  const others = told.filter((one) => problemName(one) !== problemName(problem))
  return [
    ...others.map(
      (one) => ({ act: 'close', problem: one, quiet: true, reason: 'the site has changed since' }) as const,
    ),
    alreadyTold(state, problem) ?? { act: 'open', problem, headline, reason: failed },
  ]
}

/** Nobody is told twice, but the previous version, which the failed command restored, may be dead this time. */
const planRenewal = ({ hosts, state, ended }: OutcomeInput): OutcomeAct[] =>
  state.told
    .filter(({ name, given }) => name === 'CommandFailed' && given)
    .filter(({ instanceId, about }) =>
      hosts.some(
        (one) => ended && one.end?.commandId === ended && one.instance.id === instanceId && hashOf(one) === about,
      ),
    )
    .map((problem) => ({ act: 'renew', problem, reason: `command ${ended} failed again` }))

function planLive(input: OutcomeInput): OutcomeAct[] {
  const { site, hosts, state, diagnosis } = input
  const notLive = state.told.filter(({ name }) => name === 'NotLive')
  if (hosts.length === 0)
    return notLive.map((problem) => ({ act: 'close', problem, quiet: false, reason: 'no instance of it runs' }))
  // A diagnosis checks one instance: it proves nothing about the others.
  const looked = chosenInstance(hosts.map(({ instance }) => instance))
  const marks = hosts
    .filter((host) => host.instance === looked)
    .map((host) => ({ host, mark: markOf(host) }))
    .filter(({ host, mark }) => isDone(host.planned) || isForgotten(host.planned, mark, state))
  const done = marks.map(({ host }) => host)
  const fresh = marks.filter(({ mark }) => !state.live.some((one) => sameMark(one, mark)))
  if (done.length === 0 || (fresh.length === 0 && notLive.length === 0 && !input.asked))
    return done.map(({ instance }) => ({ act: 'keep', reason: said(instance) }))
  if (input.recordsPending && input.patient) return [{ act: 'wait', reason: `the record of ${site} is not INSYNC yet` }]
  if (!diagnosis)
    return [{ act: 'look', reason: `${done.map(({ instance }) => instance.id).join(', ')} is configured` }]
  if (diagnosis.verdict === 'live')
    return [
      ...notLive.map((problem) => ({ act: 'close', problem, quiet: false, reason: diagnosis.sentence }) as const),
      ...fresh.map(
        ({ mark }) => ({ act: 'live', mark, first: isFirst(mark, state), reason: diagnosis.sentence }) as const,
      ),
    ]
  if (diagnosis.verdict === 'unknown' && (!input.patient || fresh.length === 0))
    return [{ act: 'keep', reason: `nobody knows whether it is live: ${diagnosis.sentence}` }]
  if (input.patient && notLive.length === 0) return [{ act: 'wait', reason: diagnosis.sentence }]
  const problem: OpenProblem = { name: 'NotLive' }
  const headline = `${site} is configured, but not live`
  return [alreadyTold(state, problem) ?? { act: 'open', problem, headline, reason: diagnosis.sentence }]
}

/** The site was live, and the service no longer shows its command: a diagnosis asks the host. */
const isForgotten = ({ action, last }: SeenHost['planned'], mark: LiveMark, { live }: SiteState): boolean =>
  action === 'ask' && last === undefined && live.some((one) => sameMark(one, mark))

const said = (instance: Instance): string => `${startOf(instance)} was said to be live`

const markOf = (host: SeenHost): LiveMark => ({
  instanceId: host.instance.id,
  launchTime: host.instance.launchTime,
  siteHash: hashOf(host),
})

/** Of this start: otherwise the time from start to live would mean nothing. */
const isFirst = (mark: LiveMark, { live }: SiteState): boolean =>
  !live.some(({ instanceId, launchTime }) => instanceId === mark.instanceId && launchTime === mark.launchTime)
