// Decides which hosts need a command. A pure function of sites, instances, the commands that the service shows, and the hosts' own answers.
//
//   host that a site selects | newest command for the site since the start of the host | plan
//   running, started less than 15 minutes ago | none | send
//   running, started 15 minutes ago or earlier | none. Perhaps Systems Manager has forgotten the command | ask the host. If the host is right: keep. If it differs, or does not answer: send
//   running | for an older state of the site or the document | send
//   running | failed or timed out, less than three times with the present settings of the site | wait 30 s, then 2 min, and send
//   running | failed or timed out three times with the present settings of the site; or five commands were cancelled before | refuse: `outcome` sends a notice
//   running | cancelled | send
//   running | successful, and an inspection finds the host changed by hand | send
//   running | under way for 5 minutes, and less than five commands were cancelled before | ask the host. If a run works there, or the host does not answer: keep. Otherwise send again, and cancel the old command
//   running | for the present settings of the site, under way or successful | keep
//   running, loopback port taken by another site, or a value outside its pattern | any | refuse
//   not running | any | left alone
//
// docs/architecture.md shows this table (scripts/tables.ts).

import { describeFieldError } from '../domain/field-error.ts'
import { type Instance, selectInstances } from '../domain/instance.ts'
import type { Site } from '../domain/site.ts'
import {
  configureHost,
  isCancelled,
  isGood,
  isUnderWay,
  outsidePatterns,
  type RunCommand,
  type SentCommand,
} from './command.ts'

export interface PlannedHost {
  readonly site: string
  readonly instanceId: string
  /** `ask`: only the host knows, and it was not asked yet. */
  readonly action: 'send' | 'keep' | 'wait' | 'ask' | 'refuse'
  readonly command: RunCommand
  readonly reason: string
  /** The newest command for the site since the instance's start, as far as the service shows it. */
  readonly last?: SentCommand
  /** The command that is to be cancelled afterwards. */
  readonly cancel?: string
  /** Failed tries since the start, for the site as it is now. If too many commands were lost, the number at which we give up. */
  readonly failures: number
}

export interface HostPlanInput {
  readonly sites: readonly Site[]
  readonly instances: readonly Instance[]
  /** Of any age and order; of two commands with the same time the later one comes first. Only commands since an instance's start count. */
  readonly sent: readonly SentCommand[]
  readonly documentName: string
  /** RETRY_AFTER, or what the stack sets in its place. */
  readonly retryAfter?: readonly number[] | undefined
  /** A maintainer wants failed commands sent again. */
  readonly force: boolean
  /** Milliseconds since the epoch. */
  readonly now: number
  /** `hostKey` -> the host's answer. */
  readonly words?: ReadonlyMap<string, HostWord>
}

export interface HostWord {
  /** `busy`: what it said in time is as the command left it. `silent`: it did not answer. `unasked`: Systems Manager wants fewer requests, or the time was up. */
  readonly state: 'right' | 'differs' | 'busy' | 'silent' | 'unasked'
  /** The first difference, in words. */
  readonly drift?: string
  /** A run is changing the host at this moment. */
  readonly isLocked: boolean
}

/** The host is as the site wants it: its command says so, or the host itself. */
export const isDone = ({ action, last }: PlannedHost): boolean =>
  action === 'keep' && (last === undefined || last.status === 'Success')

export const hostKey = ({ site, instanceId }: Pick<PlannedHost, 'site' | 'instanceId'>): string =>
  `${instanceId} ${site}`

/** Tries for each start and each state of the site. After that the host is left alone. */
export const MOST_FAILURES = 3

/**
 * An agent that updates itself loses a command, perhaps two. So many commands may be lost for each start and each state of the site. For the
 * next one we wait until the service itself ends it, and send a notice.
 */
export const MOST_LOST = 5

/** Seconds from the end of the first failure to the second try, and from the end of the second failure to the third try. */
export const RETRY_AFTER: readonly number[] = [30, 120]

/** Milliseconds after which we doubt a command without an end: an agent that updated itself may have lost it. The service would wait for an hour. */
export const DOUBT = 5 * 60_000

/** Seconds until a look may doubt a command that is sent now. */
export const DOUBT_LOOK = DOUBT / 1000 + 5

/** Milliseconds since a start. Until then we trust the service to show each command of the start. */
const YOUNG = 15 * 60_000

/** The event of its end may never come, so a look must ask again. For the last try we wait until the service itself ends the command. */
export const isDoubtful = ({ last, failures }: Pick<PlannedHost, 'last' | 'failures'>, now: number): boolean =>
  last !== undefined && isUnderWay(last) && now - last.requestedAt >= DOUBT && failures < MOST_FAILURES

/** The commands of a plan that are doubtful in this sense. */
export const doubtfulOf = (plan: readonly PlannedHost[], now: number): ReadonlySet<string> =>
  new Set(plan.flatMap((planned) => (isDoubtful(planned, now) ? [planned.last!.id] : [])))

/** In the order of the sites, then of instance ids. Instances that do not run are left alone. */
export function planHosts(input: HostPlanInput): PlannedHost[] {
  const running = input.instances.filter((instance) => instance.state === 'running').sort(byId)
  const members = selectInstances(input.sites, running)
  const ports = new Map<string, Site>()
  for (const site of input.sites)
    for (const { id } of members.get(site.hostname) ?? []) {
      const taken = `${id} ${site.container.hostPort}`
      if (!ports.has(taken)) ports.set(taken, site)
    }
  return input.sites.flatMap((site) => {
    const command = configureHost(site, input.documentName)
    const invalid = outsidePatterns(command)
    return (members.get(site.hostname) ?? []).map((instance): PlannedHost => {
      const last = lastCommand(command, instance, input.sent)
      const { tries, endedAt } = failedTries(command, instance, input)
      const base = { site: site.hostname, instanceId: instance.id, command, failures: tries, ...(last ? { last } : {}) }
      const rival = ports.get(`${instance.id} ${site.container.hostPort}`)
      if (invalid.length > 0) return { ...base, action: 'refuse', reason: invalid.map(describeFieldError).join('; ') }
      if (rival && rival !== site) return { ...base, action: 'refuse', reason: portClash(site, rival, instance) }
      return { ...base, ...sendOrKeep(base, endedAt, instance, input) }
    })
  })
}

const byId = (a: Instance, b: Instance): number => (a.id < b.id ? -1 : 1)

function sendOrKeep(
  { site, instanceId, command, last, failures }: Omit<PlannedHost, 'action' | 'reason'>,
  failedAt: number,
  instance: Instance,
  { words, force, now, retryAfter = RETRY_AFTER }: HostPlanInput,
): Pick<PlannedHost, 'action' | 'reason' | 'cancel'> {
  const word = words?.get(hostKey({ site, instanceId }))
  if (!last) return withoutCommand(instance, word, now)
  if (last.comment !== command.comment)
    return { action: 'send', reason: `the site or the document changed since command ${last.id}` }
  const drifted = last.status === 'Success' ? word?.drift : undefined
  if (drifted) return { action: 'send', reason: `changed by hand since command ${last.id}: ${drifted}` }
  if (isDoubtful({ last, failures }, now)) return afterDoubt(last, word, now)
  if (isGood(last)) return { action: 'keep', reason: `command ${last.id} for the site as it is now: ${last.status}` }
  if (failures < MOST_FAILURES || force) {
    const again = failedAt + 1000 * (retryAfter[failures - 1] ?? 0)
    const reason = `command ${last.id} ended as ${last.status}`
    if (force || now >= again) return { action: 'send', reason }
    const next = `try ${failures + 1} of ${MOST_FAILURES} not before ${new Date(again).toISOString()}`
    return { action: 'wait', reason: `${reason}: ${next}` }
  }
  const mend = 'mend what its output names, then change the site or its image, or send a look with "force": true'
  return {
    action: 'refuse',
    reason: `command ${last.id} is failure ${failures} since the start: it ended as ${last.status}: ${mend}`,
  }
}

function withoutCommand(
  { launchTime }: Instance,
  word: HostWord | undefined,
  now: number,
): Pick<PlannedHost, 'action' | 'reason'> {
  const start = `its start at ${new Date(launchTime).toISOString()}`
  if (now - launchTime < YOUNG) return { action: 'send', reason: `not configured since ${start}` }
  const unknown = `no command since ${start} is shown`
  if (!word) return { action: 'ask', reason: `${unknown}: the host is asked` }
  if (word.state === 'unasked') return { action: 'wait', reason: `${unknown}, and the host could not be asked` }
  if (word.state === 'silent') return { action: 'send', reason: `${unknown}, and the host does not answer` }
  if (word.drift) return { action: 'send', reason: `${unknown}, and the host differs: ${word.drift}` }
  return { action: 'keep', reason: 'the host holds the site as it is now' }
}

/** The agent may still run a command that it seems to have lost. The host then changes nothing, because that command is older. */
function afterDoubt(
  { id, status, requestedAt }: SentCommand,
  word: HostWord | undefined,
  now: number,
): Pick<PlannedHost, 'action' | 'reason' | 'cancel'> {
  const command = `command ${id} has been ${status} for ${Math.floor((now - requestedAt) / 60_000)} minutes`
  if (!word) return { action: 'ask', reason: `${command}: the host is asked` }
  if (word.isLocked) return { action: 'keep', reason: `${command}, and the host works` }
  if (word.state === 'unasked') return { action: 'keep', reason: `${command}, and the host could not be asked` }
  if (word.state === 'silent' || word.state === 'busy')
    return { action: 'keep', reason: `${command}, and the host does not answer` }
  return { action: 'send', reason: `${command}, and nothing runs on the host: it is cancelled`, cancel: id }
}

interface FailedTries {
  readonly tries: number
  /** The end of the last one, milliseconds since the epoch. */
  readonly endedAt: number
}

/**
 * Groups commands into tries. A command that was sent before the earlier one had ended belongs to the same try: two runs side by side may both
 * have sent one. A cancelled command did not fail: we cancel commands that the agent lost.
 */
function failedTries(command: RunCommand, instance: Instance, { sent, now }: HostPlanInput): FailedTries {
  const own = sent.filter(
    (one) =>
      one.instanceId === instance.id && one.requestedAt >= instance.launchTime && one.comment === command.comment,
  )
  const { tries, endedAt } = own
    .filter((one) => !isGood(one) && !isCancelled(one))
    .toSorted((a, b) => a.requestedAt - b.requestedAt)
    .reduce<FailedTries>(
      ({ tries, endedAt }, one) => ({
        tries: one.requestedAt >= endedAt ? tries + 1 : tries,
        endedAt: Math.max(endedAt, endOf(one, now)),
      }),
      { tries: 0, endedAt: Number.NEGATIVE_INFINITY },
    )
  const lost = own.filter(isCancelled).length
  return { tries: lost < MOST_LOST ? tries : Math.max(tries, MOST_FAILURES), endedAt }
}

/** An end before the sending, or in the future, comes from a wrong clock. Then we take the time of sending. */
const endOf = ({ requestedAt, endedAt = requestedAt }: SentCommand, now: number): number =>
  endedAt < requestedAt || endedAt > now ? requestedAt : endedAt

function lastCommand(command: RunCommand, instance: Instance, sent: readonly SentCommand[]): SentCommand | undefined {
  const subject = command.comment.split(' ')[0]
  return sent
    .filter((one) => one.instanceId === instance.id && one.requestedAt >= instance.launchTime)
    .filter((one) => one.comment.split(' ')[0] === subject)
    .sort((a, b) => (a.requestedAt === b.requestedAt ? 0 : b.requestedAt - a.requestedAt))[0]
}

/** Two sites on one host need two loopback ports; the first by name keeps the port. */
const portClash = (site: Site, rival: Site, instance: Instance): string =>
  `container/hostPort: found ${site.container.hostPort}, wanted a port that site ${rival.hostname} does not use on ${instance.id} too`

export const describePlannedHost = (planned: PlannedHost): string =>
  planned.action === 'send'
    ? `configure ${planned.instanceId} for ${planned.site}: ${planned.reason}`
    : `${planned.action} ${planned.instanceId} for ${planned.site}: ${planned.reason}`
