// A fleet of one-instance sites on the packaged bundles: their names allowed to the role, no hosts behind them.
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { lookMessage } from '../../functions/lib/domain/trigger.ts'
import { type CloudOptions, type Happening, type LocalCloud, startCloud } from '../../local/cloud.ts'
import type { Machine, MachineRoom } from '../../local/machine/types.ts'
import { packaged } from '../../local/package.ts'
import { publicAddresses } from '../../local/world/world.ts'

export const ZONE = 'Z0123456789ABCDEFGHIJ'
const TEMPLATE = 'cloudformation-template-update-stack.json'

export const fleetNames = (size: number): string[] =>
  Array.from({ length: size }, (_, index) => `site-${String(index).padStart(5, '0')}.example.com`)

/**
 * The package with the fleet's names in the role and without the declared site and the rules to hosts. A real stage
 * holds about 100 sites, since an inline policy ends at 10,240 characters; the local cloud does not count them.
 */
async function fleetPackage(names: readonly string[]): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'ragstream-edge-fleet-'))
  cpSync(await packaged(), folder, { recursive: true })
  const template = JSON.parse(readFileSync(join(folder, TEMPLATE), 'utf8'))
  const text = JSON.stringify(template.Resources.DnsSyncRole).replaceAll(
    JSON.stringify(['ragstream.rusbehabtahi.com']),
    JSON.stringify(names),
  )
  template.Resources.DnsSyncRole = JSON.parse(text)
  for (const rule of ['InstanceRunningRule', 'ImageChangedRule', 'SiteChangedRule'])
    template.Resources[rule].Properties.Targets = template.Resources[rule].Properties.Targets.filter(
      ({ Id }: { Id: string }) => Id === 'DnsQueue',
    )
  for (const rule of ['InstanceRunningRule', 'ImageChangedRule']) delete template.Resources[rule]
  // What is said about a fleet is not measured here.
  delete template.Resources.OutcomeEventSourceMappingSQSOutcomeQueue
  for (const policy of Object.values(template.Resources) as {
    Type: string
    Properties: { PolicyDocument: unknown }
  }[]) {
    if (policy.Type !== 'AWS::SQS::QueuePolicy') continue
    const kept = JSON.stringify(policy.Properties.PolicyDocument).replaceAll(
      /,?\{"Fn::GetAtt":\["(?:InstanceRunningRule|ImageChangedRule)","Arn"\]\}/g,
      '',
    )
    policy.Properties.PolicyDocument = JSON.parse(kept.replaceAll('[,', '['))
  }
  for (const [id, { Type }] of Object.entries<{ Type: string }>(template.Resources))
    if (Type === 'AWS::SSM::Parameter') delete template.Resources[id]
  writeFileSync(join(folder, TEMPLATE), JSON.stringify(template))
  return folder
}

/** Instances without machines: the fleet is about records. */
export const noMachines: MachineRoom = {
  kind: 'rendered',
  notExercised: ['hosts'],
  publicSide: [],
  cloudAddress: '127.0.0.1',
  machine: async (name) => absent(name),
  associate: async () => {},
  disassociate: async () => {},
  setInbound: async () => {},
  setAcl: async () => {},
  setInternetRoute: async () => {},
  visitorsResolver: undefined,
  emptyResolverCache: async () => {},
  close: async () => {},
}

const absent = (name: string): Machine => ({
  name,
  running: false,
  boot: async () => {},
  exec: () => Promise.reject(new Error(`machine ${name} is not running`)),
  powerOff: async () => {},
  destroy: async () => {},
})

export interface Fleet {
  readonly cloud: LocalCloud
  readonly ids: readonly string[]
  readonly names: readonly string[]
  readonly happened: Happening[]
}

/**
 * Sites and stopped instances first, then the deploy, so that the first look finds all of them.
 * @param sites over which the instances are spread, in turn; without it each has a site of its own
 */
export async function fleet(size: number, overrides: Partial<CloudOptions> = {}, sites = size): Promise<Fleet> {
  const names = fleetNames(sites)
  const packageFolder = await fleetPackage(names)
  const happened: Happening[] = []
  const cloud = await startCloud({
    packageFolder,
    room: noMachines,
    workFolder: join(packageFolder, 'functions'),
    publicPool: publicAddresses(2 * size + 10),
    tempo: { pendingMs: 100, stoppingMs: 100, insyncMs: 2000, route53PerSecond: 5, route53Serial: true },
    onHappening: (happening) => happened.push(happening),
    ...overrides,
  })
  cloud.world.dispatch({ type: 'CreateHostedZone', id: ZONE, name: 'example.com.' })
  for (const hostname of names) {
    const document = { hostname, hostedZoneId: ZONE, instances: { 'tag:Name': hostname }, image: 'app:1' }
    const name = `/ragstream-edge/prod/sites/${hostname}`
    cloud.world.dispatch({ type: 'PutParameter', name, value: JSON.stringify(document) })
  }
  const ids = Array.from({ length: size }, (_, index) => {
    const tags = { Name: names[index % sites]!, 'ragstream-edge:stage': 'prod' }
    return cloud.world.dispatch<'RunInstance'>({ type: 'RunInstance', tags, state: 'stopped' }).id
  })
  const close = async () => {
    await cloud.close()
    rmSync(packageFolder, { recursive: true, force: true })
  }
  return { cloud: Object.assign(Object.create(cloud) as LocalCloud, { close }), ids, names, happened }
}

/** Route 53 calls of the functions, by operation and outcome. */
export function route53Calls(happened: readonly Happening[]): string[] {
  return happened.flatMap((one) =>
    one.kind === 'call' && one.call.service === 'route53'
      ? [`${one.call.operation}${one.call.errorCode ? ` ${one.call.errorCode}` : ''}`]
      : [],
  )
}

/** What no event tells of: sites and instances that were there before the deploy. */
export function lookAtEverything({ world }: LocalCloud): void {
  const { arn } = [...world.state.queues.values()].find((queue) => queue.arn.endsWith('DnsQueue'))!
  world.dispatch({ type: 'SendMessages', arn, bodies: [lookMessage({})] })
}
