// Judges the hops of the picture from what was observed on a walk, each with its evidence in words.

import { isIPv4 } from 'node:net'
import { HEALTH_PATH } from '../machine/app-paths.ts'
import type { Visit } from '../machine/nspawn/browser.ts'
import type { GroupDecision } from '../machine/nspawn/observe.ts'
import { type Observed, observeWalk, type Walk } from './walk.ts'

export interface Hop {
  readonly name: string
  readonly exercised: boolean
  /** What was seen, or what was missing. */
  readonly evidence: string
}

/** The visitor's own address: nothing on the way may change it. */
export const VISITOR = '198.51.100.10'

export interface Walked {
  readonly hops: readonly Hop[]
  readonly visit: Visit
}

export async function walkHops(walk: Walk): Promise<Walked> {
  const observed = await observeWalk(walk)
  return { hops: judgeHops(observed), visit: observed.visit }
}

export function judgeHops(observed: Observed): Hop[] {
  const { health } = observed.answers
  const { visit } = observed
  return [
    nameHop(observed),
    edgeHop(observed),
    groupHop(observed),
    serverHop(observed),
    proxyHop(observed),
    publishHop(observed),
    hop('5.1 Streamlit', health === 'ok', `${HEALTH_PATH} through nginx: ${JSON.stringify(health ?? 'no answer')}`),
    hop(
      '6-7 page',
      visit.rendered,
      visit.rendered ? `Chromium rendered "${visit.title}"` : `Chromium: ${visit.failure ?? visit.status}`,
    ),
  ]
}

const hop = (name: string, exercised: boolean, evidence: string): Hop => ({ name, exercised, evidence })

function nameHop({ address, resolver, authoritative, visit }: Observed): Hop {
  const asked = resolver.find(({ what, type, peer }) => what === 'query' && type === 'A' && peer === VISITOR)
  const heard = resolver.find(({ what, value }) => what === 'reply' && isIPv4(value ?? ''))
  const said = authoritative.find(({ type }) => type === 'A')?.answers.map(({ value }) => value)
  return hop(
    '1-3 name',
    asked !== undefined && said?.join() === address && heard?.value === address && visit.server?.address === address,
    `resolver asked by ${asked?.peer}; the zone's server said ${said}; Chromium went to ${visit.server?.address}`,
  )
}

function edgeHop({ address, privateIp, packets }: Observed): Hop {
  const sent = packets.outside.find(({ flags }) => flags === 'S')
  // The functions look at the site too: of all that arrives, the packet that the visitor sent.
  const received = packets.inside.find(({ flags, sport }) => flags === 'S' && sport === sent?.sport)
  return hop(
    '4a edge, 1:1 NAT',
    sent?.dst === address && received?.dst === privateIp && received.src === VISITOR,
    `packet ${sent?.src} > ${sent?.dst} before the edge, ${received?.src} > ${received?.dst} behind it`,
  )
}

type Decisions = readonly GroupDecision[]

/** Connections that the group let in, or packets that it dropped, from one look to a later one. */
export function decidedBetween(before: Decisions, after: Decisions, verdict: GroupDecision['verdict']): number {
  const count = (decisions: Decisions) =>
    decisions.filter((one) => one.verdict === verdict).reduce((sum, { packets }) => sum + packets, 0)
  return count(after) - count(before)
}

/** The same during a walk. */
export const decided = ({ group }: Pick<Observed, 'group'>, verdict: GroupDecision['verdict']): number =>
  decidedBetween(group.before, group.after, verdict)

/** 80 is let in; 8501 and everything else is dropped without an answer. */
function groupHop(observed: Observed): Hop {
  const { port8501 } = observed.answers
  const [accepted, dropped] = [decided(observed, 'accept'), decided(observed, 'drop')]
  return hop(
    '4b security group',
    port8501 === undefined && accepted > 0 && dropped > 0,
    `${accepted} connections let in, ${dropped} packets dropped; 8501 from outside: ${port8501 ?? 'no answer'}`,
  )
}

/** The right Host gets the site, a wrong one must not. */
function serverHop({ access, answers, hostname }: Observed): Hop {
  const logged = access.find(({ client, request }) => client === VISITOR && request.startsWith('GET / '))
  return hop(
    '5a nginx by Host',
    answers.health === 'ok' && answers.wrongHost !== 'ok' && logged?.status === 200,
    `access log: ${logged?.client} "${logged?.request}" ${logged?.status} for ${hostname}; a wrong Host gets ${answers.wrongHost === 'ok' ? 'the site' : 'no site'}`,
  )
}

/** Of the request as the app saw it, by names in lower case. */
export function forwarded({ headers }: Visit): Readonly<Record<string, string | undefined>> {
  const all = Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), value])
  const seen: Record<string, string> = Object.fromEntries(all)
  return Object.fromEntries(['host', 'x-real-ip', 'x-forwarded-for', 'x-forwarded-proto'].map((n) => [n, seen[n]]))
}

function proxyHop({ hostname, visit }: Observed): Hop {
  const wanted = { host: hostname, 'x-real-ip': VISITOR, 'x-forwarded-for': VISITOR, 'x-forwarded-proto': 'http' }
  const seen = forwarded(visit)
  const shown = Object.entries(seen).map(([name, value]) => `${name} ${value}`)
  const { webSocket } = visit
  const open = webSocket?.open === true && webSocket.framesReceived > 0
  return hop(
    '5b proxy_pass',
    open && Object.entries(wanted).every(([name, value]) => seen[name] === value),
    `the app saw ${shown.join(', ')}; WebSocket ${open ? `open, ${webSocket.framesReceived} frames` : 'not open'}`,
  )
}

function publishHop({ listeners }: Observed): Hop {
  const at = listeners.filter(({ port }) => port === 8501).map((one) => one.address)
  return hop(
    '5.1 Docker publish',
    at.length > 0 && at.every((one) => one === '127.0.0.1'),
    `8501 listens on ${at.join(', ') || 'nothing'}`,
  )
}
