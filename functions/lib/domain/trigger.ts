// What may arrive in a queue. A trigger only says "look" and who waits for the answer; what is written is decided
// from the world as it is.
import * as v from 'valibot'
import { InvalidInput } from './errors.ts'
import { INSTANCE_ID, INSTANCE_STATES, type InstanceState } from './instance.ts'
import { describeIssue, object, quoted, SITE_NAME, shape, text } from './schema.ts'

export type Trigger =
  | { readonly kind: 'instance'; readonly instanceId: string; readonly state: InstanceState }
  | { readonly kind: 'site'; readonly hostname: string }
  /** Schedule or maintainer: everything. */
  | ({ readonly kind: 'look' } & LookDetail)

interface LookDetail {
  readonly force: boolean
  /** Sites for which an earlier look found no instance. */
  readonly unmatched: readonly string[]
  /** Given where the look is only about these commands: whether they have ended. */
  readonly doubts?: readonly string[] | undefined
}

/** The instances, where nothing but instances changed: a site that changed has to be read. */
export function instancesOnly(triggers: readonly Trigger[]): { eventsOf?: ReadonlySet<string> } {
  const ids = triggers.flatMap((trigger) => (trigger.kind === 'instance' ? [trigger.instanceId] : []))
  return ids.length === triggers.length ? { eventsOf: new Set(ids) } : {}
}

/** Nothing but starts is said to have begun: a hint at what is worth reading first. */
export const areStarts = (triggers: readonly Trigger[]): boolean =>
  triggers.every((trigger) => trigger.kind === 'instance' && trigger.state === 'pending')

const siteName = text(SITE_NAME, 'a hostname')
const areSiteNames = (value: unknown): boolean => Array.isArray(value) && value.every((name) => v.is(siteName, name))

/** `/ragstream-edge/<stage>/sites/<hostname>`, or the same below `images/` or `certificates/`. */
const SITE_PARAMETER = /\/(?:sites|images|certificates)\/([\w.-]{1,255})$/

const eventOf = <const Type extends string, const Entries extends v.ObjectEntries>(type: Type, entries: Entries) =>
  v.object({ 'detail-type': v.literal(type), detail: shape(entries) }, 'an object')

const [INSTANCE, PARAMETER] = ['EC2 Instance State-change Notification', 'Parameter Store Change'] as const

const event = v.pipe(
  object('an object as EventBridge publishes it'),
  v.variant(
    'detail-type',
    [
      eventOf(INSTANCE, {
        'instance-id': text(INSTANCE_ID, 'an instance id such as i-1234567890abcdef0'),
        state: v.picklist(INSTANCE_STATES, `one of ${INSTANCE_STATES.join(', ')}`),
      }),
      eventOf(PARAMETER, {
        name: text(SITE_PARAMETER, 'a parameter below .../sites/, .../images/ or .../certificates/'),
      }),
      eventOf('Site', { hostname: siteName }),
      eventOf('Look', {
        force: v.optional(v.boolean('true or false'), false),
        unmatched: v.optional(v.custom<readonly string[]>(areSiteNames, 'a list of hostnames'), []),
        doubts: v.optional(v.array(v.string(), 'a list of commands')),
      }),
    ],
    `"${INSTANCE}", "${PARAMETER}", "Site" or "Look"`,
  ),
)

/** @throws InvalidInput naming the field, what was found and what is wanted. */
export function parseTrigger(body: string): Trigger {
  const result = v.safeParse(event, parseJson(body))
  if (!result.success) throw new InvalidInput(describeIssue(result.issues[0], 'event'))
  const { output } = result
  switch (output['detail-type']) {
    case INSTANCE:
      return { kind: 'instance', instanceId: output.detail['instance-id'], state: output.detail.state }
    case PARAMETER:
      return { kind: 'site', hostname: SITE_PARAMETER.exec(output.detail.name)![1]! }
    case 'Site':
      return { kind: 'site', hostname: output.detail.hostname }
    case 'Look':
      return { kind: 'look', ...output.detail }
  }
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch (cause) {
    throw new InvalidInput(`event: found ${quoted(body)}, wanted JSON`, { cause })
  }
}

/** Seconds between the two looks that must both find no instance before a record is parked for it. */
export const SECOND_LOOK = 60

/** The body of a message that asks for another look at these sites, as `parseTrigger` reads it. */
export const lookMessage = (detail: Partial<LookDetail>): string =>
  JSON.stringify({ source: 'ragstream-edge', 'detail-type': 'Look', detail })

/** The body of a message that asks for a look at one site. */
export const siteMessage = (hostname: string): string =>
  JSON.stringify({ source: 'ragstream-edge', 'detail-type': 'Site', detail: { hostname } })
