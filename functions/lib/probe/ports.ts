// The world as a diagnosis reaches it: AWS by its API, the zone and the site by the network.
//
// Requests of one diagnosis, each of which only reads:
//   ssm GetParametersByPath {Path: /ragstream-edge/<stage>/sites | images | certificates (where a site has some), MaxResults: 10}
//   ec2 DescribeInstances {Filters: tag:ragstream-edge:stage and the site's tags, MaxResults: 1000}
//   sts AssumeRole {RoleArn, RoleSessionName}: of a site with dnsRoleArn, and once an hour at most
//   route53 ListResourceRecordSets {HostedZoneId, StartRecordName, MaxItems: 300}
//   route53 GetHostedZone {Id}: its DelegationSet.NameServers; not asked where NAME_SERVERS is set
//   ec2 DescribeSecurityGroups {GroupIds}, DescribeNetworkAcls {Filters: association.subnet-id},
//       DescribeRouteTables {Filters: vpc-id}
//   ssm DescribeInstanceInformation {Filters: [{Key: InstanceIds, Values: [id]}]}
//   ssm ListCommandInvocations {InstanceId, MaxResults: 50, Filters: InvokedAfter, DocumentName}: of configure-host
//   ssm GetCommandInvocation {CommandId, InstanceId}: of the last of them when it failed
//   ssm SendCommand {DocumentName: inspect-host, InstanceIds: [id], Parameters: Hostname, HostPort, ContainerPort,
//       Comment, TimeoutSeconds: 30}, then GetCommandInvocation every 200 ms
import { describeNetwork, listPlaced } from '../aws/ec2-network.ts'
import { listRecords, nameServersOf } from '../aws/route53.ts'
import { describeAgent, listCommands, readDocuments, readInvocation, sendCommand } from '../aws/ssm.ts'
import { credentialsOf } from '../aws/sts.ts'
import type { RunCommand, SentCommand } from '../domain/command.ts'
import type { Selector } from '../domain/instance.ts'
import type { Network } from '../domain/network.ts'
import type { Agent, PlacedInstance } from '../domain/observation.ts'
import type { RecordSet } from '../domain/record.ts'
import type { DnsRole } from '../domain/site.ts'
import { resolveSites, type SiteSet, wantsCertificates } from '../domain/site-set.ts'
import { addressesOf } from './dns.ts'

export interface DiagnosePorts {
  readSites(): Promise<SiteSet>
  listInstances(selector: Selector, signal: AbortSignal): Promise<readonly PlacedInstance[]>
  /** `role`: of the account in which the zone lies. */
  listRecords(zoneId: string, names: readonly string[], role: DnsRole): Promise<readonly RecordSet[]>
  /** `ip` or `ip:port` of the servers to which the zone is delegated. */
  nameServers(zoneId: string, role: DnsRole): Promise<readonly string[]>
  /** `ip` or `ip:port` of resolvers that many visitors use. */
  readonly resolvers: readonly string[]
  describeNetwork(instance: PlacedInstance, signal: AbortSignal): Promise<Network>
  describeAgent(instanceId: string): Promise<Agent | undefined>
  /** Of configure-host, since a time (milliseconds since the epoch), newest first. */
  listCommands(instanceId: string, since: number): Promise<readonly SentCommand[]>
  /** Undefined while the service does not know it yet. */
  readInvocation(commandId: string, instanceId: string): Promise<{ status: string; output: string } | undefined>
  sendCommand(instanceId: string, command: RunCommand): Promise<string>
  readonly configureDocument: string
  readonly inspectDocument: string
  /** False: nobody outside can reach the machines, as with rendered ones. */
  readonly outside: boolean
  /** Of the site; 80. */
  readonly webPort: number
  /** Of the site with HTTPS; 443. */
  readonly tlsPort: number
  now(): number
  sleep(ms: number): Promise<void>
}

export interface DiagnoseSettings {
  readonly stage: string
  /** `/ragstream-edge/<stage>` */
  readonly sitesPath: string
  readonly configureDocument: string
  readonly inspectDocument: string
  /** Comma lists of `ip` or `ip:port` that stand for the zone's name servers and for public resolvers. */
  readonly nameServers?: string | undefined
  readonly resolvers?: string | undefined
  /** `off`: nothing is asked at public addresses. */
  readonly outsideProbes?: string | undefined
}

/** Anycast resolvers of Cloudflare and Google, which many visitors use. */
const PUBLIC_RESOLVERS = '1.1.1.1,8.8.8.8'

/** Seconds; the least that SendCommand takes. */
const DELIVERY = 30

export const diagnosePorts = (settings: DiagnoseSettings): DiagnosePorts => ({
  readSites: () => readSites(settings.sitesPath),
  listInstances: (selector, signal) => listPlaced(settings.stage, selector, signal),
  listRecords: (zoneId, names, role) => listRecords(zoneId, names, credentialsOf(role)),
  nameServers: async (zoneId, role) =>
    settings.nameServers ? listOf(settings.nameServers) : addressesOf(await nameServersOf(zoneId, credentialsOf(role))),
  resolvers: listOf(settings.resolvers || PUBLIC_RESOLVERS),
  describeNetwork,
  describeAgent,
  listCommands: (instanceId, since) => listCommands(settings.configureDocument, instanceId, since),
  readInvocation,
  sendCommand: (instanceId, command) => sendCommand(instanceId, command, DELIVERY),
  configureDocument: settings.configureDocument,
  inspectDocument: settings.inspectDocument,
  outside: settings.outsideProbes !== 'off',
  webPort: 80,
  tlsPort: 443,
  now: () => Date.now(),
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
})

async function readSites(path: string): Promise<SiteSet> {
  const read = (kind: string) => readDocuments(`${path}/${kind}`)
  const [sites, images] = await Promise.all([read('sites'), read('images')])
  const plain = resolveSites(sites, images)
  return wantsCertificates(plain) ? resolveSites(sites, images, await read('certificates')) : plain
}

const listOf = (text: string): string[] =>
  text
    .split(',')
    .map((one) => one.trim())
    .filter(Boolean)
