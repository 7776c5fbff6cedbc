// A world behind the wire, and the real SDK clients in front of it.
import { EC2Client } from '@aws-sdk/client-ec2'
import { EventBridgeClient } from '@aws-sdk/client-eventbridge'
import { LambdaClient } from '@aws-sdk/client-lambda'
import { Route53Client } from '@aws-sdk/client-route-53'
import { SNSClient } from '@aws-sdk/client-sns'
import { SQSClient } from '@aws-sdk/client-sqs'
import { SSMClient } from '@aws-sdk/client-ssm'
import { decideByPolicies } from '../../../local/stack/policy.ts'
import { createFaults } from '../../../local/wire/faults.ts'
import { type CallReport, startWire } from '../../../local/wire/server.ts'
import type { Functions, SecretOf } from '../../../local/wire/service.ts'
import { liveWorld } from '../../../local/world/live.ts'
import type { AccessRequest, Authorizer, LiveWorld } from '../../../local/world/types.ts'
import { createWorld, type WorldOptions } from '../../../local/world/world.ts'

export interface Cloud {
  readonly world: LiveWorld
  readonly url: string
  credentialsOf(accessKeyId: string): { accessKeyId: string; secretAccessKey: string }
  readonly calls: CallReport[]
  /** What IAM was asked. */
  readonly asked: AccessRequest[]
  /** Denies what it returns a sentence for; allows all until set. */
  authorize: Authorizer
  readonly faults: ReturnType<typeof createFaults>
  readonly ec2: EC2Client
  readonly route53: Route53Client
  readonly ssm: SSMClient
  readonly sqs: SQSClient
  readonly sns: SNSClient
  readonly events: EventBridgeClient
  readonly lambda: LambdaClient
  close(): Promise<void>
}

/** Fast transitions, and no limit of Route 53 calls: tests of the limits set their own tempo. */
const quick = { pendingMs: 1, stoppingMs: 1, insyncMs: 1, route53PerSecond: 1000 }

export async function startCloud(
  options: WorldOptions & { now?: () => number; functions?: Functions; secretOf?: SecretOf } = {},
): Promise<Cloud> {
  const world = liveWorld(createWorld({ ...options, tempo: { ...quick, ...options.tempo } }), options.now)
  const calls: CallReport[] = []
  const asked: AccessRequest[] = []
  const faults = createFaults()
  const allowAll: Authorizer = () => undefined
  const wire = await startWire({
    world,
    authorize: (request) => {
      asked.push(request)
      return cloud.authorize(request)
    },
    middleware: [faults.middleware],
    onCall: (report) => calls.push(report),
    decide: decideByPolicies,
    ...(options.functions ? { functions: options.functions } : {}),
    ...(options.secretOf ? { secretOf: options.secretOf } : {}),
  })
  const credentialsOf = (accessKeyId: string) => ({ accessKeyId, secretAccessKey: wire.secretOf(accessKeyId) })
  const config = {
    endpoint: wire.url,
    region: world.state.region,
    credentials: credentialsOf('local-admin'),
  }
  const clients = {
    ec2: new EC2Client(config),
    route53: new Route53Client(config),
    ssm: new SSMClient(config),
    sqs: new SQSClient(config),
    sns: new SNSClient(config),
    events: new EventBridgeClient(config),
    lambda: new LambdaClient(config),
  }
  const cloud: Cloud = {
    world,
    url: wire.url,
    credentialsOf,
    calls,
    asked,
    authorize: allowAll,
    faults,
    ...clients,
    async close() {
      for (const client of Object.values(clients)) client.destroy()
      await wire.close()
      world.close()
    },
  }
  return cloud
}

/** Resolves when the world is so; tells of each change. */
export function until(world: LiveWorld, so: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    if (so()) return resolve()
    const stop = world.subscribe(() => {
      if (!so()) return
      stop()
      resolve()
    })
  })
}
