// The door: a request in, an answer out. Only a POST with the ticket of this sleep starts anything.
import { StartRefused } from '../domain/errors.ts'
import type { Site } from '../domain/site.ts'
import type { Telemetry } from '../steps/telemetry.ts'
import { type Start, TOOK, tookText } from './entries.ts'
import { createLooks, type Looks } from './look.ts'
import { HEADERS, type Place, page, pageUrl } from './page/page.ts'
import { UNKNOWN, viewOf } from './page/view.ts'
import { isPressable, judge, type Seen } from './plan.ts'
import type { DoorPorts } from './ports.ts'
import type { DoorRequest } from './request.ts'
import { start } from './start.ts'
import { isTicket } from './ticket.ts'

/** As an HTTP API wants it. */
export interface Answer {
  readonly statusCode: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

const answer = (statusCode: number, headers: Record<string, string>, body = ''): Answer => ({
  ...{ statusCode, headers: { ...HEADERS, ...headers }, body },
})

const PLAIN = { 'content-type': 'text/plain; charset=utf-8' }

/** The same for every name that has no door, and for every path that there is not. */
const NOT_FOUND = answer(404, PLAIN, 'Not found\n')
/** The declared sites could not be read: it is not known who has a door. */
const LATER = answer(
  503,
  { ...PLAIN, 'retry-after': '5' },
  'Nobody can say at this moment. Load it again in a few seconds.\n',
)

const json = (value: unknown): Answer =>
  answer(200, { 'content-type': 'application/json; charset=utf-8' }, JSON.stringify(value))
const html = (text: string): Answer => answer(200, { 'content-type': 'text/html; charset=utf-8' }, text)

export type DoorFunction = (request: DoorRequest | undefined, telemetry: Telemetry) => Promise<Answer>

interface Room {
  readonly ports: DoorPorts
  readonly looks: Looks
  /** Starts to the look by which their time was last noted; `done` where it is written. */
  readonly noted: Map<string, Seen | 'done'>
}

/** It remembers for seconds what it saw: one look serves all who ask this process. */
export function createDoor(ports: DoorPorts): DoorFunction {
  const room: Room = { ports, looks: createLooks(ports), noted: new Map() }
  const { looks } = room
  return async (request, telemetry) => {
    if (!request) return NOT_FOUND
    const site = await looks.siteOf(request.hostname).catch(warned(telemetry))
    if (site === null) return LATER
    if (!site) return NOT_FOUND
    const place = placeOf(site, request)
    if (request.act !== 'start') return shown(room, site, request, telemetry)
    const said = await pressed(room, site, request, telemetry)
    if (request.wantsJson) return shown(room, site, { ...request, said }, telemetry)
    return answer(303, { location: pageUrl(place, { asked: '1', ...(said === '' ? {} : { said }) }) })
  }
}

const placeOf = ({ hostname, door }: Site, { to }: Pick<DoorRequest, 'to'>): Place => ({
  ...{ base: `/${hostname}`, hostname, to },
  ...{ title: door?.title ?? hostname, note: door?.note ?? null },
})

async function shown(room: Room, site: Site, request: DoorRequest, telemetry: Telemetry): Promise<Answer> {
  const { ports, looks } = room
  const { to, said, act, isAfterForm } = request
  const seen = await looks.look(site).catch(warned(telemetry))
  if (seen) await noteTime(room, seen).catch(warned(telemetry))
  const view = seen ? viewOf(seen, { to, said, now: ports.clock.now(), again: ports.again }) : UNKNOWN
  if (act !== 'look') return json(view)
  if (view.leads !== undefined && !isAfterForm) return answer(302, { location: view.leads })
  return html(page(placeOf(site, request), view))
}

/** @returns a name of SAID, or nothing */
async function pressed(
  { ports, looks }: Room,
  site: Site,
  { ticket, password }: DoorRequest,
  telemetry: Telemetry,
): Promise<string> {
  try {
    const seen = await looks.look(site)
    const judged = judge(seen, ports.clock.now())
    if (!isPressable(judged.state) || !isTicket(ticket, judged.ticket!)) return ''
    const started = await start(ports, seen, { ticket, password })
    telemetry.info(`${site.hostname}: a visitor asked for a start: ${started}`)
    if (started === 'started') telemetry.count('DoorStarts')
    if (started !== 'joined') looks.forget(site.hostname)
    return started === 'wrong' ? started : ''
  } catch (error) {
    looks.forget(site.hostname)
    if (!(error instanceof StartRefused)) return warned(telemetry)(error as Error) ?? ''
    telemetry.error(`${site.hostname}: EC2 refuses to start it: ${error.message}`)
    telemetry.count('StartRefused')
    return 'refused'
  }
}

/** How long this start took, once: pages say what is usual. */
async function noteTime({ ports, noted }: Room, seen: Seen): Promise<void> {
  const { site, entries } = seen
  const { live } = judge(seen, ports.clock.now())
  if (!live || entries.took.some(({ launchTime }) => launchTime === live.launchTime)) return
  const asked = entries.starts.find((one) => one.answer === 'started' && isOf(one, live))
  const last = asked && noted.get(asked.name)
  if (!asked || last === 'done' || last === seen) return
  // Once for each look, however many visitors share it.
  noted.set(asked.name, seen)
  const took = { launchTime: live.launchTime, ms: live.at - asked.at }
  await ports.overwriteEntry(site.hostname, TOOK, tookText(entries.took, took))
  noted.set(asked.name, 'done')
}

/** Milliseconds between EC2's answer and the launch time that it shows. */
const CLOSE = 30_000

const isOf = ({ triedAt }: Start, { launchTime }: { readonly launchTime: number }): boolean =>
  Math.abs(launchTime - triedAt) < CLOSE

/** What hinders a look is no visitor's business: the page asks again. */
const warned =
  (telemetry: Telemetry) =>
  (error: Error): null => {
    telemetry.warn(`${error.name}: ${error.message}`)
    return null
  }
