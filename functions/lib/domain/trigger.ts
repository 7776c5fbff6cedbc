// What may arrive in a queue. A trigger only says "look" and who waits for the answer; what is written is decided
// from the world as it is.
import { InvalidInput } from './errors.ts'
import { INSTANCE_ID, INSTANCE_STATES, type InstanceState } from './instance.ts'
import { SITE_NAME } from './site-set.ts'

export type Trigger =
  | { readonly kind: 'instance'; readonly instanceId: string; readonly state: InstanceState }
  | { readonly kind: 'site'; readonly hostname: string }
  /** Schedule or maintainer: everything. `unmatched` are sites for which an earlier look found no instance. */
  | { readonly kind: 'look'; readonly force: boolean; readonly unmatched: readonly string[] }

/** The instances, where nothing but instances changed: a site that changed has to be read. */
export function instancesOnly(triggers: readonly Trigger[]): { eventsOf?: ReadonlySet<string> } {
  const ids = triggers.flatMap((trigger) => (trigger.kind === 'instance' ? [trigger.instanceId] : []))
  return ids.length === triggers.length ? { eventsOf: new Set(ids) } : {}
}

type Json = Readonly<Record<string, unknown>>

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)

/** @throws InvalidInput naming the field, what was found and what is wanted. */
export function parseTrigger(body: string): Trigger {
  const event = parseJson(body)
  switch (event['detail-type']) {
    case 'EC2 Instance State-change Notification':
      return instanceTrigger(detailOf(event))
    case 'Parameter Store Change':
      return siteTrigger(detailOf(event))
    case 'Site':
      return namedTrigger(detailOf(event))
    case 'Look':
      return lookTrigger(detailOf(event))
    default:
      throw invalid(
        'detail-type',
        event['detail-type'],
        '"EC2 Instance State-change Notification", "Parameter Store Change", "Site" or "Look"',
      )
  }
}

function parseJson(body: string): Json {
  let event: unknown
  try {
    event = JSON.parse(body)
  } catch (cause) {
    throw new InvalidInput(`event: found ${quote(body)}, wanted JSON`, { cause })
  }
  if (!isObject(event)) throw invalid('event', event, 'an object as EventBridge publishes it')
  return event
}

function detailOf(event: Json): Json {
  if (!isObject(event.detail)) throw invalid('detail', event.detail, 'an object')
  return event.detail
}

function instanceTrigger(detail: Json): Trigger {
  const instanceId = detail['instance-id']
  if (typeof instanceId !== 'string' || !INSTANCE_ID.test(instanceId))
    throw invalid('detail.instance-id', instanceId, 'an instance id such as i-1234567890abcdef0')
  const state = INSTANCE_STATES.find((known) => known === detail.state)
  if (!state) throw invalid('detail.state', detail.state, `one of ${INSTANCE_STATES.join(', ')}`)
  return { kind: 'instance', instanceId, state }
}

const isSiteName = (value: unknown): value is string => typeof value === 'string' && SITE_NAME.test(value)

/** `/ragstream-edge/<stage>/sites/<hostname>`, or the same below `images/` or `certificates/`. */
function siteTrigger(detail: Json): Trigger {
  const hostname =
    typeof detail.name === 'string' ? /\/(?:sites|images|certificates)\/([^/]+)$/.exec(detail.name)?.[1] : undefined
  if (!isSiteName(hostname))
    throw invalid('detail.name', detail.name, 'a parameter below .../sites/, .../images/ or .../certificates/')
  return { kind: 'site', hostname }
}

function namedTrigger({ hostname }: Json): Trigger {
  if (!isSiteName(hostname)) throw invalid('detail.hostname', hostname, 'a hostname')
  return { kind: 'site', hostname }
}

function lookTrigger(detail: Json): Trigger {
  const { force = false, unmatched = [] } = detail
  if (typeof force !== 'boolean') throw invalid('detail.force', force, 'true or false')
  if (!Array.isArray(unmatched) || !unmatched.every(isSiteName))
    throw invalid('detail.unmatched', unmatched, 'a list of hostnames')
  return { kind: 'look', force, unmatched }
}

const invalid = (path: string, found: unknown, wanted: string): InvalidInput =>
  new InvalidInput(`${path}: found ${quote(found)}, wanted ${wanted}`)

function quote(found: unknown): string {
  if (found === undefined) return 'nothing'
  const text = JSON.stringify(found)
  return text.length > 80 ? `${text.slice(0, 77)}...` : text
}

/** Seconds between the two looks that must both find no instance before a record is parked for it. */
export const SECOND_LOOK = 60

/** The body of a message that asks for another look at these sites, as `parseTrigger` reads it. */
export const lookMessage = (detail: { readonly force?: boolean; readonly unmatched?: readonly string[] }): string =>
  JSON.stringify({ source: 'ragstream-edge', 'detail-type': 'Look', detail })

/** The body of a message that asks for a look at one site. */
export const siteMessage = (hostname: string): string =>
  JSON.stringify({ source: 'ragstream-edge', 'detail-type': 'Site', detail: { hostname } })
