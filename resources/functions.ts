// The functions that only some stages have: a stage pays for none that its sites do not use.
import type { Door } from '../functions/lib/domain/fields/door.ts'
import type { Idle } from '../functions/lib/domain/fields/idle.ts'
import { ref } from './cloudformation.ts'

/** As serverless.yml has functions. */
type FunctionConfig = Readonly<Record<string, unknown>>

interface WithFields {
  readonly idle: Idle | null
  readonly door: Door | null
}

export const hasIdle = (sites: readonly Pick<WithFields, 'idle'>[]): boolean => sites.some(({ idle }) => idle !== null)
export const hasDoor = (sites: readonly Pick<WithFields, 'door'>[]): boolean => sites.some(({ door }) => door !== null)

/** Its seconds are settings, so that a test need not wait for minutes. */
const IDLE: FunctionConfig = {
  handler: 'functions/idle/handler.handler',
  description: 'Stops instances that nobody uses.',
  role: 'IdleRole',
  timeout: 300,
  environment: {
    CONFIGURE_HOST_DOCUMENT: ref('ConfigureHostDocument'),
    LOOK_USE_DOCUMENT: ref('LookUseDocument'),
    OUTCOME_QUEUE_URL: ref('OutcomeQueue'),
    NOTICES_TOPIC: ref('Notices'),
    SECONDS_OF_A_MINUTE: 60,
    SECONDS_BETWEEN_LOOKS: 20,
  },
}

/**
 * One route for everything: whether AWS counts a limit by route or by stage, it is the same then (resources/door.ts). A person waits: what takes longer
 * than five seconds is asked again.
 */
const DOOR: FunctionConfig = {
  handler: 'functions/door/handler.handler',
  description: 'A page that starts a site and leads there.',
  role: 'DoorRole',
  timeout: 5,
  environment: {
    CONFIGURE_HOST_DOCUMENT: ref('ConfigureHostDocument'),
    SECONDS_BETWEEN_TRIES: 60,
  },
  events: [{ httpApi: '*' }],
}

export const optionalFunctionsOf = (sites: readonly WithFields[]): Readonly<Record<string, FunctionConfig | null>> => ({
  idle: hasIdle(sites) ? IDLE : null,
  door: hasDoor(sites) ? DOOR : null,
})
