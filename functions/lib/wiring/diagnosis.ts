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
//   ssm SendCommand {DocumentName: inspect-host, InstanceIds: [id], Parameters: Hostname, HostPort, ContainerPort, HealthPath, Websocket,
//       Comment, TimeoutSeconds: 30}, then GetCommandInvocation every 200 ms
import { describeNetwork, listPlaced } from '../aws/ec2/network.ts'
import { listRecords, nameServersOf } from '../aws/route53.ts'
import { describeAgent, listCommands } from '../aws/ssm/commands.ts'
import { credentialsOf } from '../aws/sts.ts'
import { addressesOf } from '../probe/dns.ts'
import type { DiagnosePorts } from '../probe/ports.ts'
import { systemClock } from '../steps/clock.ts'
import { keepLast } from '../steps/hand-over.ts'
import type { Place } from '../steps/place.ts'
import { hostProbe, readEverything } from './hosts.ts'

export interface DiagnoseSettings {
  readonly place: Place
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

export const diagnosePorts = (settings: DiagnoseSettings): DiagnosePorts => ({
  place: settings.place,
  readSites: () => readEverything(settings.sitesPath),
  listInstances: (selector, signal) => listPlaced(settings.place.stage, selector, signal),
  listRecords: (zoneId, names, role) => listRecords(zoneId, names, credentialsOf(role)),
  nameServers: async (zoneId, role) =>
    settings.nameServers ? listOf(settings.nameServers) : addressesOf(await nameServersOf(zoneId, credentialsOf(role))),
  resolvers: listOf(settings.resolvers || PUBLIC_RESOLVERS),
  describeNetwork,
  describeAgent,
  listCommands: (instanceId, since) => listCommands(settings.configureDocument, instanceId, since),
  ...hostProbe,
  configureDocument: settings.configureDocument,
  inspectDocument: settings.inspectDocument,
  outside: settings.outsideProbes !== 'off',
  webPort: 80,
  tlsPort: 443,
  now: systemClock.now,
})

/** The same for several diagnoses of one run: zones and networks that they share are read once. */
export function onceInARun(ports: DiagnosePorts): DiagnosePorts {
  const nameServers = keepLast(ports.nameServers)
  const network = keepLast(ports.describeNetwork, ({ vpcId, subnetId, groupIds }) =>
    JSON.stringify([vpcId, subnetId, groupIds]),
  )
  return { ...ports, nameServers: nameServers.last, describeNetwork: network.last }
}

const listOf = (text: string): string[] =>
  text
    .split(',')
    .map((one) => one.trim())
    .filter(Boolean)
