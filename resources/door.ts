// The door's address, for people and notices, and how many requests its API lets through. The API itself is the framework's: its logical id is fixed, so
// that bookmarks live as long as the stack.
import type { Site } from '../functions/lib/domain/site.ts'
import type { Resources } from './cloudformation.ts'
import { hasDoor } from './functions.ts'

/** As the framework names them. */
const API = 'HttpApi'
const STAGE = 'HttpApiStage'

/**
 * Requests a second, and at once. A new account has ten Lambdas at once for everything, and Parameter Store answers 40 reads and 3 writes a second: a crowd at
 * the door leaves the main line its share.
 */
const THROTTLE = { ThrottlingRateLimit: 5, ThrottlingBurstLimit: 10 } as const

export const door = (stage: string, sites: readonly Site[]): Resources =>
  hasDoor(sites)
    ? {
        DoorAddress: {
          Type: 'AWS::SSM::Parameter',
          Properties: {
            Name: `/ragstream-edge/${stage}/state/door/address`,
            Type: 'String',
            Value: { 'Fn::GetAtt': [API, 'ApiEndpoint'] },
          },
        },
      }
    : {}

type Extensions = Readonly<Record<string, { readonly Properties: Readonly<Record<string, unknown>> }>>

/** What is added to the framework's own resources. */
export const doorExtensions = (sites: readonly Site[]): Extensions =>
  hasDoor(sites) ? { [STAGE]: { Properties: { DefaultRouteSettings: THROTTLE } } } : {}
