// The account that a maintainer's command talks to: AWS, or the local cloud that runs on this machine.
import { DescribeInstancesCommand, EC2Client, StartInstancesCommand, StopInstancesCommand } from '@aws-sdk/client-ec2'
import { ListResourceRecordSetsCommand, Route53Client } from '@aws-sdk/client-route-53'
import {
  GetParameterCommand,
  GetParametersByPathCommand,
  ListCommandInvocationsCommand,
  SSMClient,
} from '@aws-sdk/client-ssm'
import { Refused, type Target } from './invoke.ts'
import { localCloud } from './local-cloud.ts'

export interface SiteHost {
  readonly hostname: string
  readonly hostedZoneId: string
  readonly instanceId: string
}

/** What there is to see of a site and its host at one moment. */
export interface Sight {
  readonly state: string
  readonly address: string | undefined
  /** Milliseconds since the epoch. */
  readonly launchTime: number
  readonly record: string
  /** Of the newest command since the start. */
  readonly command: string | undefined
  readonly live: boolean
}

export interface Account {
  /** @throws Refused when the site is not declared, or not one instance is its own */
  find(hostname: string): Promise<SiteHost>
  start(instanceId: string): Promise<void>
  stop(instanceId: string): Promise<void>
  look(host: SiteHost): Promise<Sight>
  close(): void
}

export function openAccount(target: Target, warn: (text: string) => void): Account {
  const { stage, ...config } = target.local
    ? localCloud(warn)
    : { stage: target.stage, region: target.region ?? process.env.AWS_REGION ?? 'eu-central-1' }
  const [ec2, route53, ssm] = [new EC2Client(config), new Route53Client(config), new SSMClient(config)]
  const path = `/ragstream-edge/${stage}`
  return {
    async find(hostname) {
      const site = await readSite(ssm, `${path}/sites`, hostname)
      const filters = Object.entries(site.instances).map(([Name, Value]) => ({ Name, Values: [Value] }))
      const Filters = [...filters, { Name: 'tag:ragstream-edge:stage', Values: [stage] }]
      const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({ Filters }))
      const ids = Reservations.flatMap(({ Instances = [] }) => Instances)
        .filter(({ State }) => State?.Name !== 'terminated')
        .flatMap(({ InstanceId }) => InstanceId ?? [])
      if (ids.length === 1) return { hostname, hostedZoneId: site.hostedZoneId, instanceId: ids[0]! }
      throw new Refused(
        `${hostname}: found ${ids.join(', ') || 'no instance'}, wanted one with its tags and the stage's`,
      )
    },
    start: async (id) => void (await ec2.send(new StartInstancesCommand({ InstanceIds: [id] }))),
    stop: async (id) => void (await ec2.send(new StopInstancesCommand({ InstanceIds: [id] }))),
    look: async (host) => look({ ec2, route53, ssm }, path, host),
    close: () => {
      for (const client of [ec2, route53, ssm]) client.destroy()
    },
  }
}

async function readSite(ssm: SSMClient, path: string, hostname: string) {
  try {
    const { Parameter } = await ssm.send(new GetParameterCommand({ Name: `${path}/${hostname}` }))
    return JSON.parse(Parameter?.Value ?? '') as { hostedZoneId: string; instances: Record<string, string> }
  } catch (error) {
    if ((error as Error).name === 'ParameterNotFound') throw new Refused(`${hostname}: no such site below ${path}`)
    throw error
  }
}

interface Clients {
  readonly ec2: EC2Client
  readonly route53: Route53Client
  readonly ssm: SSMClient
}

async function look({ ec2, route53, ssm }: Clients, path: string, host: SiteHost): Promise<Sight> {
  const { hostname, hostedZoneId, instanceId } = host
  const [seen, listed, invoked, marks] = await Promise.all([
    ec2.send(new DescribeInstancesCommand({ InstanceIds: [instanceId] })),
    route53.send(
      new ListResourceRecordSetsCommand({
        HostedZoneId: hostedZoneId,
        StartRecordName: hostname,
        StartRecordType: 'A',
        MaxItems: 1,
      }),
    ),
    ssm.send(new ListCommandInvocationsCommand({ InstanceId: instanceId, MaxResults: 10 })),
    ssm.send(new GetParametersByPathCommand({ Path: `${path}/state/${hostname}/live`, Recursive: true })),
  ])
  const instance = seen.Reservations?.[0]?.Instances?.[0]
  const launchTime = instance?.LaunchTime?.getTime() ?? 0
  const record = listed.ResourceRecordSets?.find(({ Name, Type }) => Name === `${hostname}.` && Type === 'A')
  const command = invoked.CommandInvocations?.find(
    ({ DocumentName = '', Comment = '', RequestedDateTime }) =>
      DocumentName.includes('-ConfigureHost-') &&
      Comment.startsWith(`${hostname} `) &&
      (RequestedDateTime?.getTime() ?? 0) >= launchTime,
  )
  return {
    ...{ state: instance?.State?.Name ?? 'unknown', address: instance?.PublicIpAddress, launchTime },
    record: record?.ResourceRecords?.map(({ Value }) => Value).join(', ') || 'none',
    command: command && `${command.CommandId}: ${command.StatusDetails || command.Status}`,
    live: (marks.Parameters ?? []).some(({ Name = '' }) => Name.includes(`/${instanceId}/${launchTime}/`)),
  }
}
