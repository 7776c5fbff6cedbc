// One scenario from its beginning until the account rests and nothing is under way any more.
import { lookMessage } from '../../../functions/lib/domain/trigger.ts'
import { Account } from './account.ts'
import { furnish, perform } from './acts.ts'
import { callsOf, inTurn } from './calls.ts'
import { faultsAtRest } from './ending.ts'
import { documentsOf, worldOf } from './genesis.ts'
import { Invocations } from './invocations.ts'
import { deliverEvents, Messages } from './messages.ts'
import type { Mutant } from './ports.ts'
import type { Scenario } from './scenario.ts'
import { isCalm } from './schedules.ts'
import { Timeline } from './timeline.ts'
import { watchBatches } from './watch.ts'

const START = Date.UTC(2026, 0, 1)
/** A world that has not come to rest by then never will: milliseconds. */
const PATIENCE = 12 * 3_600_000

const GOLDEN = 0.618

/** The schedule's resync takes the same step as this message. */
const RECONCILE = lookMessage({})

export interface Result {
  /** Sentences about what should not be; empty is good. */
  readonly faults: readonly string[]
  /** What happened, line by line. */
  readonly story: readonly string[]
}

export async function simulate(scenario: Scenario, mutant: Mutant = (ports) => ports): Promise<Result> {
  const timeline = new Timeline(START)
  const story: string[] = []
  const faults: string[] = []
  const tell = (line: string) => story.push(`${((timeline.now - START) / 1000).toFixed(3)} ${line}`)
  const fault = (sentence: string) => {
    tell(`FAULT ${sentence}`)
    faults.push(sentence)
  }
  const account = new Account(worldOf(scenario, START), documentsOf(scenario), timeline)
  furnish(account, scenario)
  const messages = new Messages(account, timeline, () => timeline.after(scenario.window, () => invocations.poll()))
  let chances = 0
  // Never the same for long: a jitter that is always nothing would ask again for ever at one moment.
  const random = () => (inTurn(scenario.latencies, chances) / 601 + GOLDEN * ++chances) % 1
  const kill: Invocations['kill'] = (run, why) => invocations.kill(run, why)
  const call = callsOf({ timeline, scenario, kill, tell, fault })
  const surroundings = { account, messages, timeline, call, random, fault }
  const invocations = new Invocations({ ...surroundings, scenario, mutant, tell, fault })
  deliverEvents(account, messages, timeline, scenario)
  watchBatches(account, timeline, scenario.staleness, fault)
  account.onEvent((event) => tell(`${event['detail-type']} ${JSON.stringify(event.detail)}`))
  planActs(account, timeline, scenario, tell)
  await live({ account, messages, timeline, scenario, fault })
  return { faults, story }
}

interface Life {
  readonly account: Account
  readonly messages: Messages
  readonly timeline: Timeline
  readonly scenario: Scenario
  readonly fault: (sentence: string) => void
}

/** Moment after moment, until events and retries and the one reconcile have run out. */
async function live({ account, messages, timeline, scenario, fault }: Life): Promise<void> {
  let reconciled = false
  const reconcile = () => {
    reconciled = true
    messages.send(RECONCILE)
  }
  const { reconcileAfter, staleness } = scenario
  if (reconcileAfter !== null)
    timeline.at(endOfActs(scenario), () => whenAtRest(account, timeline, staleness + reconcileAfter, reconcile))
  for (;;) {
    if (timeline.now - START > PATIENCE) return fault('does not come to rest')
    if (await liveOn(account, timeline)) continue
    if (isCalm(scenario) && !reconciled)
      for (const sentence of faultsAtRest(account)) fault(`events alone: ${sentence}`)
    if (reconciled) break
    timeline.after(staleness, reconcile)
  }
  if (messages.waiting > 0) fault(`${messages.waiting} messages are left in the queue`)
  for (const sentence of faultsAtRest(account)) fault(sentence)
}

/** The next moment of the account or of what surrounds it; false when there is none. */
async function liveOn(account: Account, timeline: Timeline): Promise<boolean> {
  const wake = account.state.wakeAt ?? Number.POSITIVE_INFINITY
  if (Math.min(wake, timeline.next) === Number.POSITIVE_INFINITY) return false
  if (wake > timeline.next) await timeline.step()
  else {
    timeline.passTo(Math.max(wake, timeline.now))
    account.dispatch({ type: 'Advance' })
  }
  return true
}

function planActs(account: Account, timeline: Timeline, scenario: Scenario, tell: (line: string) => void): void {
  let at = START
  for (const act of scenario.acts) {
    at += act.after
    timeline.at(at, () => {
      tell(`${act.kind} ${act.which}`)
      perform(account, act, scenario)
    })
  }
}

const endOfActs = ({ acts }: Scenario): number => acts.reduce((at, { after }) => at + after, START)

/** At rest no instance is on its way, and every address is shown. */
function whenAtRest(account: Account, timeline: Timeline, after: number, act: () => void): void {
  const times = [...account.state.instances.values()].flatMap((one) => [one.publicIpVisibleAt, one.due?.at ?? 0])
  const quiet = Math.max(0, ...times)
  if (quiet > timeline.now) timeline.at(quiet, () => whenAtRest(account, timeline, after, act))
  else timeline.after(after, act)
}
