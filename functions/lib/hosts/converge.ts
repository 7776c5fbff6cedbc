// Sends every running host the configuration of its sites: read, plan, send, look again.

import { AgentNotRegistered, OutOfTime } from '../domain/errors.ts'
import type { Instance } from '../domain/instance.ts'
import { type Problem, patienceWith, toProblem } from '../domain/problem.ts'
import { patiently } from '../steps/patiently.ts'
import { type SentCommand, sentAt } from './command.ts'
import { type HostWords, inspectHosts } from './inspect.ts'
import { glanceAtHosts, type HostsSeen, lookAgain, readHosts, sentIn } from './look.ts'
import { describePlannedHost, doubtfulOf, MOST_FAILURES, type PlannedHost, planHosts } from './plan.ts'
import type { HostPorts, HostReport, HostRequest } from './ports.ts'

/**
 * The one step behind every trigger. A site that changes while its command is being sent shows at the second look, so
 * that the last command a host gets is for the site as it is.
 * @throws OutOfTime when the sites did not come to rest before the deadline
 */
export async function convergeHosts(ports: HostPorts, request: HostRequest): Promise<HostReport> {
  const sent: SentCommand[] = []
  const problems = new Map<string, Problem>()
  const { only = () => true } = request
  const tried = new Set<string>()
  let words: HostWords | undefined
  let look = (await glanceAtHosts(ports, request)) ?? (await readHosts(ports, request))
  for (;;) {
    const { sites } = look.siteSet
    // Systems Manager shows a command only about a second after it was sent, so this run remembers its own commands.
    const known = {
      ...{ sites, instances: look.instances },
      sent: [...sent.toReversed(), ...sentIn(look)],
      ...{ documentName: ports.documentName, retryAfter: ports.retryAfter },
      force: request.force && sent.length === 0,
      now: ports.clock.now(),
    }
    words ??= await inspectHosts(ports, sites, planHosts(known).filter(only), request)
    const plan = planHosts({ ...known, words }).filter(only)
    const due = plan.filter((planned) => planned.action === 'send' && !problems.has(keyOf(planned)))
    if (due.length === 0 || request.dryRun)
      return {
        ...report(look, plan, sent, [...problems.values()]),
        silent: new Set(
          [...words].flatMap(([key, { state }]) => (state === 'right' || state === 'differs' ? [] : [key])),
        ),
        doubtful: doubtfulOf(plan, known.now),
      }
    for (const planned of due) {
      if (ports.clock.now() >= request.deadline)
        throw new OutOfTime('the sites kept changing, or hosts were left to tell, until the time was up')
      const result = await send(ports, request, planned, look.instances)
      if (!('name' in result)) sent.push(result)
      const problem = 'name' in result ? result : await cancelDoubtful(ports, request, planned)
      if (problem) problems.set(keyOf(planned), problem)
    }
    for (const { instanceId } of due) tried.add(instanceId)
    look = await lookAgain(ports, request, look, { tried, sent: new Set(sent.map(({ instanceId }) => instanceId)) })
  }
}

const keyOf = (planned: PlannedHost): string => `${planned.instanceId} ${planned.command.comment}`

/** Sorts this run's own commands last: they are the newest, even if the clocks of function and service differ. */
const LATEST = Number.POSITIVE_INFINITY

async function send(
  ports: HostPorts,
  request: HostRequest,
  planned: PlannedHost,
  instances: readonly Instance[],
): Promise<SentCommand | Problem> {
  const { instanceId, command, site } = planned
  const { clock } = ports
  try {
    const id = await patiently(clock, request.deadline, () =>
      ports.sendCommand(instanceId, sentAt(command, clock.now())),
    )
    request.onSent(planned, id, instances)
    return { id, instanceId, comment: command.comment, status: 'Pending', requestedAt: LATEST }
  } catch (error) {
    if (error instanceof OutOfTime || !(error instanceof Error)) throw error
    const { launchTime = 0 } = instances.find(({ id }) => id === instanceId) ?? {}
    const told = error instanceof AgentNotRegistered ? error.message : `${error.name}: ${error.message}`
    const concerned = { message: `${instanceId} of ${site}: ${told}`, site, instances: [instanceId] }
    const isUnknown = error instanceof AgentNotRegistered || isUnseen(error, clock.now() - launchTime)
    return toProblem(isUnknown ? 'AgentNotRegistered' : 'CommandRefused', concerned)
  }
}

/** Cancels after sending: the end of a cancelled command causes an event, and that event must find the newer command. */
async function cancelDoubtful(
  { clock, cancelCommand }: HostPorts,
  { deadline }: HostRequest,
  { instanceId, site, cancel }: PlannedHost,
): Promise<Problem | undefined> {
  if (!cancel) return undefined
  try {
    await patiently(clock, deadline, () => cancelCommand(cancel, instanceId))
    return undefined
  } catch (error) {
    if (error instanceof OutOfTime || !(error instanceof Error)) throw error
    const message = `${instanceId} of ${site}: command ${cancel} may not be cancelled: ${error.name}: ${error.message}`
    return toProblem('CommandRefused', { message, site, instances: [instanceId] })
  }
}

/**
 * Systems Manager does not know the tags of an instance that it has never seen. Our role's condition on a tag then refuses the command, as if
 * a right were missing. While the instance is young, the two cases look alike.
 */
const isUnseen = ({ name }: Error, age: number): boolean =>
  name === 'AccessDeniedException' && age < patienceWith('AgentNotRegistered').givesUpAfter

function report(
  look: HostsSeen,
  plan: readonly PlannedHost[],
  sent: readonly SentCommand[],
  problems: readonly Problem[],
): Omit<HostReport, 'silent' | 'doubtful'> {
  const refused = plan.filter((planned) => planned.action === 'refuse').map(refusal)
  const { sites, broken } = look.siteSet
  return {
    plan,
    sent,
    problems: [...problems, ...refused],
    ...{ sites, broken },
    declared: new Set([...sites, ...broken].map(({ hostname }) => hostname)),
    wanted: new Set(look.instances.map((one) => one.id)),
    instances: look.instances,
  }
}

/** A command that failed too often: `outcome` sends the notice, with the host's own words. */
function refusal(planned: PlannedHost): Problem {
  const concerned = { message: describePlannedHost(planned), site: planned.site, instances: [planned.instanceId] }
  return toProblem(planned.failures >= MOST_FAILURES ? 'CommandFailed' : 'HostRefused', concerned)
}
