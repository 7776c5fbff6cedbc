// The vocabulary between the HTTP server and the services behind it. A service is a codec and a table of operations.
import type { IncomingHttpHeaders } from 'node:http'
import type { LiveWorld, ServiceError, World } from '../world/types.ts'

export interface WireRequest {
  readonly method: string
  readonly path: string
  /** As it came, before percent codes are read. */
  readonly rawPath: string
  readonly query: URLSearchParams
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

export interface WireReply {
  /** HTTP status; 0: the connection ends without an answer. */
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** The error that the body tells. */
  readonly errorCode?: string
}

export type Input = Readonly<Record<string, unknown>>

/** One API call, read from the wire. */
export interface Call {
  /** As in the credential scope: ec2, route53, ssm, sqs, sns, events, lambda. */
  readonly service: string
  readonly operation: string
  readonly accessKeyId: string
  readonly input: Input
}

/** What IAM is asked: an action on resources, with condition keys. */
export interface Access {
  readonly action: string
  readonly resources: readonly string[]
  readonly context?: Readonly<Record<string, string | readonly string[]>>
}

/** The secret of an access key; each has its own, so that a function cannot sign as another one. */
export type SecretOf = (accessKeyId: string) => string

export interface Scene {
  readonly world: LiveWorld
  /** Of the caller. */
  readonly accessKeyId: string
  /** The state when the call runs. */
  readonly state: World
  /** Where this server is reached, without a trailing slash. */
  readonly baseUrl: string
  /** Aborted when the caller has gone. */
  readonly gone: AbortSignal
  readonly functions: Functions
  readonly decide: Decide
  readonly secretOf: SecretOf
}

/** What a policy says to a request: IAM's evaluation, which lies outside of the wire. Throws for a policy that it does not understand. */
export type Decide = (
  policies: readonly unknown[],
  question: Omit<Access, 'resources'> & { readonly resource: string },
) => 'Allowed' | 'ExplicitlyDenied' | 'ImplicitlyDenied'

/** The functions behind Lambda's API. */
export interface Functions {
  /** Of the function with this name or ARN. */
  arnOf(nameOrArn: string): string | undefined
  invoke(arn: string, payload: unknown): Promise<FunctionAnswer>
  /** Of the deployed stack; none before it is deployed. */
  resources(): readonly { readonly logicalId: string; readonly type: string; readonly ref: string }[]
  /** What they logged, the oldest first. */
  logs(): readonly FunctionLog[]
}

export interface FunctionLog {
  /** Milliseconds since the epoch. */
  readonly at: number
  /** Its name in the account. */
  readonly function: string
  readonly line: string
}

export interface FunctionAnswer {
  /** What the function returned, or its error as Lambda shows it. */
  readonly payload: unknown
  readonly failed: boolean
  readonly log: string
}

export interface Operation<I = Input> {
  access(input: I, scene: Scene): readonly Access[]
  run(input: I, scene: Scene): unknown
}

/** Erases the input's type: the service's `read` is what gives it its shape. */
// biome-ignore lint/suspicious/noExplicitAny: each operation names the shape that its own codec hands it
export type Operations = Readonly<Record<string, Operation<any>>>

export interface Service {
  readonly signingName: string
  readonly operations: Operations
  /** Code and HTTP status of a denial. */
  readonly denied: { readonly code: string; readonly status: number }
  /** Code of a throttled call, as this service names it. */
  readonly throttled: { readonly code: string; readonly status: number }
  /** Runs before anything else of a call; throws when the service takes no more calls of the account now. */
  admit?(world: LiveWorld, account: string): void
  read(request: WireRequest): { readonly operation: string; readonly input: Input }
  write(operation: string, output: unknown, requestId: string): WireReply
  writeError(error: ServiceError, requestId: string): WireReply
}
