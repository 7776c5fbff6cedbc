// One call from request to reply: admitted, read, authorised, run; every error in the service's own shape.
import { randomUUID } from 'node:crypto'
import { accountOf } from '../world/accounts.ts'
import { type Authorizer, ServiceError } from '../world/types.ts'
import type { Call, Scene, Service, WireReply, WireRequest } from './service.ts'
import { type Claim, verify } from './signature.ts'

/** Sees a call and decides what becomes of it. A ServiceError that it throws is answered in the service's shape. */
export type Middleware = (
  call: Call,
  next: () => Promise<WireReply>,
  service: Pick<Service, 'throttled'>,
) => Promise<WireReply>

/** Thrown by a middleware: the connection ends without an answer. */
export class DroppedConnection extends Error {
  constructor() {
    super('The connection is dropped')
    this.name = 'DroppedConnection'
  }
}

/** What the server knows of a call; the state is looked at when the call runs, after what middleware made it wait for. */
type Setting = Omit<Scene, 'state' | 'accessKeyId'>

interface Rules {
  readonly authorize: Authorizer
  readonly middleware?: readonly Middleware[]
}

export async function perform(
  service: Service,
  request: WireRequest,
  claim: Claim,
  setting: Setting,
  rules: Rules,
): Promise<{ call: Call; reply: WireReply }> {
  const requestId = randomUUID()
  const { accessKeyId } = claim
  let call: Call = { service: service.signingName, operation: request.path, accessKeyId, input: {} }
  const answered = async (run: () => Promise<WireReply>): Promise<WireReply> => {
    try {
      return await run()
    } catch (error) {
      return errorReply(service, call, error, requestId)
    }
  }
  const reply = await answered(async () => {
    call = { ...call, ...service.read(request) }
    await verify(request, claim, setting.secretOf)
    const innermost = () => answered(() => run(service, call, setting, rules.authorize, requestId))
    const layers = rules.middleware ?? []
    const chain = layers.reduceRight<() => Promise<WireReply>>(
      (next, layer) => () => layer(call, next, service),
      innermost,
    )
    return chain()
  })
  return { call, reply }
}

async function run(
  service: Service,
  call: Call,
  setting: Setting,
  authorize: Authorizer,
  requestId: string,
): Promise<WireReply> {
  const operation = service.operations[call.operation]
  if (operation === undefined) {
    const sentence = `The local cloud does not know the operation ${call.operation} of ${call.service}. What "break" broke, "mend" mends at its prompt.`
    throw new ServiceError('NotImplemented', sentence, 501)
  }
  const { state, now } = setting.world
  const { accessKeyId } = call
  const session = state.sessions.get(accessKeyId)
  if (session && session.expiresAt <= now())
    throw new ServiceError('ExpiredToken', 'The security token included in the request is expired', 403)
  service.admit?.(setting.world, accountOf(state, accessKeyId))
  const scene: Scene = { ...setting, accessKeyId, state: setting.world.state }
  for (const access of operation.access(call.input, scene)) {
    const refusal = authorize({ accessKeyId: call.accessKeyId, context: {}, ...access })
    if (refusal !== undefined) throw new ServiceError(service.denied.code, refusal, service.denied.status)
  }
  return service.write(call.operation, await operation.run(call.input, scene), requestId)
}

function errorReply(service: Service, call: Call, error: unknown, requestId: string): WireReply {
  if (error instanceof DroppedConnection) return { status: 0, headers: {}, body: '', errorCode: error.name }
  if (error instanceof ServiceError) {
    return { ...service.writeError(error, requestId), errorCode: error.code }
  }
  // A fault of the local cloud itself: said aloud, and answered so that the caller does not hang.
  console.error(`${call.service} ${call.operation}:`, error)
  const told = new ServiceError('InternalFailure', `The local cloud failed: ${String(error)}`, 500)
  return { ...service.writeError(told, requestId), errorCode: told.code }
}
