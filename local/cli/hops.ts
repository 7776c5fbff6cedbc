// Walks the hops of the picture as a visitor on real machines, and keeps what was observed at each of them.
import { isIPv4 } from 'node:net'
import { attempt } from '../machine/command.ts'
import type { Visit, Visitor } from '../machine/nspawn/browser.ts'
import type { NspawnRoom } from '../machine/nspawn/room.ts'
import type { Machine } from '../machine/types.ts'

export interface Hop {
  readonly name: string
  readonly exercised: boolean
  /** What was seen, or what was missing. */
  readonly evidence: string
}

export interface Walk {
  readonly room: NspawnRoom
  readonly visitor: Visitor
  readonly hostname: string
  readonly address: string
  readonly privateIp: string
  readonly machine: Machine
}

/** The visitor's own address: nothing on the way may change it. */
const VISITOR = '198.51.100.10'

export interface Walked {
  readonly hops: readonly Hop[]
  readonly visit: Visit
}

export async function walkHops(walk: Walk): Promise<Walked> {
  const { room, hostname, address, privateIp } = walk
  room.emptyResolverCache()
  const outside = await room.evidence.capture('client', `host ${address} and tcp port 80`)
  const inside = await room.evidence.capture({ host: privateIp }, 'tcp port 80')
  const health = await asVisitor(room, `http://${hostname}/_stcore/health`)
  const [before, behind] = await Promise.all([outside.stop(), inside.stop()])
  const syn = ({ flags }: { flags: string }) => flags === 'S'
  const [sent, received] = [before.packets.find(syn), behind.packets.find(syn)]
  const visit = await walk.visitor.visit(`http://${hostname}/`)
  const hops = [
    nameHop(walk),
    hop(
      '4a edge, 1:1 NAT',
      sent?.dst === address && received?.dst === privateIp && received.src === VISITOR,
      `packet ${sent?.src} > ${sent?.dst} before the edge, ${received?.src} > ${received?.dst} behind it`,
    ),
    await groupHop(walk),
    await serverHop(walk),
    headersHop(walk, visit),
    await listenersHop(walk),
    hop('5.1 Streamlit', health === 'ok', `/_stcore/health through nginx: ${JSON.stringify(health ?? 'no answer')}`),
    hop(
      '6-7 page',
      visit.rendered,
      visit.rendered ? `Chromium rendered "${visit.title}"` : `Chromium: ${visit.failure}`,
    ),
  ]
  return { hops, visit }
}

const hop = (name: string, exercised: boolean, evidence: string): Hop => ({ name, exercised, evidence })

const asVisitor = (room: NspawnRoom, url: string, ...more: string[]): Promise<string | undefined> =>
  attempt([...room.client, 'curl', '--silent', '--max-time', '3', ...more, url])

function nameHop({ room, hostname, address }: Walk): Hop {
  const lines = room.evidence.dnsQueries(hostname)
  const asked = lines.findLast(({ what, type, peer }) => what === 'query' && type === 'A' && peer === VISITOR)
  const answered = lines.findLast(({ what, value }) => what === 'reply' && isIPv4(value ?? ''))
  return hop(
    '1-3 name',
    asked !== undefined && answered?.value === address,
    `resolver: asked by ${asked?.peer}, the zone's server said ${answered?.value}`,
  )
}

/** 80 is let in; 8501 and everything else is dropped without an answer. */
async function groupHop({ room, address, privateIp }: Walk): Promise<Hop> {
  const direct = await asVisitor(room, `http://${address}:8501/_stcore/health`)
  const decisions = await room.evidence.groupDecisions(privateIp)
  const count = (verdict: string) =>
    decisions.filter((one) => one.verdict === verdict).reduce((sum, { packets }) => sum + packets, 0)
  const exercised = direct === undefined && count('accept') > 0 && count('drop') > 0
  return hop(
    '4b security group',
    exercised,
    `${count('accept')} connections let in, ${count('drop')} packets dropped; 8501 from outside: ${direct ?? 'no answer'}`,
  )
}

/** The right Host gets the site, a wrong one must not. */
async function serverHop({ room, machine, address, hostname }: Walk): Promise<Hop> {
  const wrong = await asVisitor(room, `http://${address}/_stcore/health`, '--header', 'Host: stranger.example')
  const logged = (await room.evidence.accessLog(machine)).find(
    ({ client, request }) => client === VISITOR && request.includes('/_stcore/health'),
  )
  const exercised = wrong !== 'ok' && logged?.status === 200
  return hop(
    '5a nginx by Host',
    exercised,
    `access log: ${logged?.client} "${logged?.request}" ${logged?.status} for ${hostname}; a wrong Host gets ${wrong === 'ok' ? 'the site' : 'no site'}`,
  )
}

function headersHop({ hostname }: Walk, { headers, webSocket }: Visit): Hop {
  const seen = Object.fromEntries(Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]))
  const wanted = { host: hostname, 'x-real-ip': VISITOR, 'x-forwarded-for': VISITOR, 'x-forwarded-proto': 'http' }
  const right = Object.entries(wanted).every(([name, value]) => seen[name] === value)
  const shown = Object.keys(wanted)
    .map((name) => `${name} ${seen[name]}`)
    .join(', ')
  const open = webSocket?.open === true && webSocket.framesReceived > 0
  return hop(
    '5b proxy_pass',
    right && open,
    `the app saw ${shown}; WebSocket ${open ? `open, ${webSocket.framesReceived} frames` : 'not open'}`,
  )
}

async function listenersHop({ room, machine }: Walk): Promise<Hop> {
  const listeners = await room.evidence.listeners(machine)
  const at = listeners.filter(({ port }) => port === 8501).map((one) => one.address)
  return hop(
    '5.1 Docker publish',
    at.length > 0 && at.every((one) => one === '127.0.0.1'),
    `8501 listens on ${at.join(', ') || 'nothing'}`,
  )
}
