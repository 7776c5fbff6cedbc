// An account at rest, on loopback: one site whose instance is stopped, whose name is parked and whose certificate is good; and for each
// function an event that finds nothing to do there. So a first event can be sent as often as one likes.
import { join } from 'node:path'
import { packaged } from '../../local/package.ts'
import { ofType, readTemplateFile } from '../../local/stack/template.ts'
import { startDns } from '../../local/wire/dns.ts'
import type { Middleware } from '../../local/wire/perform.ts'
import { startWire } from '../../local/wire/server.ts'
import { liveWorld } from '../../local/world/live.ts'
import { createWorld } from '../../local/world/world.ts'
import { siteDocument, ZONE } from '../../test/support/domain.ts'
import { eventFixture, sqsEvent, sqsRecord } from '../../test/support/events.ts'

export interface Resting {
  /** Of a function: what Lambda gives it, with the services on loopback. */
  environment(functionName: string): Readonly<Record<string, string>>
  /** Of a function, from serverless.yml. */
  memoryMb(functionName: string): number
  firstEvent(functionName: string): unknown
  close(): Promise<void>
}

const HOSTNAME = 'app.example.com'
const DIRECTORY = 'https://127.0.0.1:9/none'

/** `middleware` may grow and shrink meanwhile. */
export async function startResting(middleware: readonly Middleware[] = []): Promise<Resting> {
  const world = liveWorld(createWorld({ tempo: { insyncMs: 0 } }))
  const wire = await startWire({ world, middleware, authorize: () => undefined })
  const dns = await startDns({ world })
  const scope = { account: world.state.account, region: world.state.region, queueOrigin: wire.url }
  const template = readTemplateFile(join(await packaged(), 'cloudformation-template-update-stack.json'), scope)
  for (const { attributes } of ofType(template, 'AWS::SQS::Queue'))
    world.dispatch({
      ...{ type: 'CreateQueue', arn: attributes.Arn! },
      ...{ visibilityTimeoutMs: 30_000, retentionMs: 345_600_000, redrive: null },
    })
  furnish(world)
  const propertiesOf = (functionName: string) =>
    ofType(template, 'AWS::Lambda::Function').find(({ ref }) => ref.endsWith(`-${functionName}`))!.properties
  const places = { NAME_SERVERS: `${dns.address}:${dns.port}`, RESOLVERS: `${dns.address}:${dns.port}` }
  return {
    environment: (functionName) => ({
      ...(propertiesOf(functionName).Environment as { Variables: Record<string, string> }).Variables,
      ...{ ...places, OUTSIDE_PROBES: 'off', ACME_DIRECTORY: DIRECTORY },
      ...{ AWS_ENDPOINT_URL: wire.url, AWS_REGION: scope.region },
      // Lambda gives a function its credentials in these.
      ...{ AWS_ACCESS_KEY_ID: 'any', AWS_SECRET_ACCESS_KEY: wire.secretOf('any'), AWS_SESSION_TOKEN: 'any' },
    }),
    memoryMb: (functionName) => Number(propertiesOf(functionName).MemorySize),
    firstEvent,
    async close() {
      await dns.close()
      await wire.close()
      world.close()
    },
  }
}

function furnish(world: ReturnType<typeof liveWorld>): void {
  const put = (kind: string, value: object) =>
    world.dispatch({
      ...{ type: 'PutParameter', name: `/ragstream-edge/prod/${kind}/${HOSTNAME}` },
      value: JSON.stringify(value),
    })
  world.dispatch({ type: 'CreateHostedZone', id: ZONE, name: 'example.com.' })
  const record = { name: `${HOSTNAME}.`, type: 'A', ttl: 10, values: ['192.0.2.1'] }
  world.dispatch({ type: 'ChangeResourceRecordSets', zoneId: ZONE, changes: [{ action: 'CREATE', record }] })
  const tags = { Name: 'app', 'ragstream-edge:stage': 'prod' }
  // The one that the events are about.
  world.dispatch({ type: 'RunInstance', id: 'i-1234567890abcdef0', tags, state: 'stopped' })
  const day = 24 * 3600_000
  const [notBefore, notAfter] = [-1, 89].map((days) => new Date(Date.now() + days * day).toISOString())
  const path = `/ragstream-edge/prod/tls/${HOSTNAME}/0`
  put('certificates', { path, names: [HOSTNAME], directory: DIRECTORY, notBefore, notAfter })
  put('sites', siteDocument(HOSTNAME, { tls: 'acme' }))
}

function firstEvent(functionName: string): unknown {
  switch (functionName) {
    case 'diagnose':
      return { site: HOSTNAME }
    case 'resync':
      return { all: true, dryRun: true }
    case 'certificate':
      return sqsEvent(sqsRecord({ 'detail-type': 'Look', detail: {} }))
    case 'outcome':
      return sqsEvent(sqsRecord(eventFixture('ssm-command-invocation-status')))
    default:
      return sqsEvent(sqsRecord(eventFixture('ec2-state-change-running')))
  }
}
