// The instances of a site: are they found, may the service touch them, and can visitors reach them? Pure.
import { STAGE_TAG } from '../../functions/lib/aws/ec2/instances.ts'
import type { Site } from '../../functions/lib/domain/site.ts'
import type { AccountInstance } from './account.ts'
import { judgeHealth } from './health.ts'
import { judgeHostRole } from './judge-host-role.ts'
import { judgeIdle } from './judge-idle.ts'
import { judgeLook } from './judge-look.ts'
import { judgeNetwork } from './judge-network.ts'
import { type Line, note, ok, problem, unread } from './line.ts'
import type { SiteFacts } from './look.ts'

type Host = SiteFacts['hosts'][number]

export function judgeHosts(facts: SiteFacts): Line[] {
  const { site, stage, region, instances, hosts } = facts
  if ('error' in instances) return [unread('instance', instances.error, 'ec2:DescribeInstances')]
  if (instances.value.length === 0) return [none(site, region)]
  const strangers = instances.value.filter((instance) => instance.tags[STAGE_TAG] !== stage)
  return [...strangers.map((one) => untagged(one, stage, region)), ...hosts.flatMap((host) => judgeHost(host, facts))]
}

/** Whether a host's own role may write the record: what would fight with all the rest, and told before it. */
export const judgeOwnRoles = ({ site, hosts }: SiteFacts): Line[] => hosts.flatMap((host) => judgeHostRole(host, site))

function none({ instances: { id, ...selector } }: Site, region: string): Line {
  const tags = Object.entries(selector).map(([key, value]) => `${key.replace(/^tag:/, '')}=${value}`)
  const traits = [...(id ? [`is ${id}`] : []), ...(tags.length > 0 ? [`bears ${tags.join(' and ')}`] : [])]
  const where = 'or is it in another region (--region)?'
  return problem(
    'instance',
    `no instance in ${region} ${traits.join(' and ')}`,
    id
      ? `put the id of the instance into the site's file; ${where}`
      : `aws ec2 create-tags --region ${region} --resources <instance> --tags ${tags.map(asTag).join(' ')}; or put its tags into the site's file; ${where}`,
  )
}

const asTag = (tag: string): string => `Key=${tag.replace('=', ',Value=')}`

function untagged({ id, tags }: AccountInstance, stage: string, region: string): Line {
  const found = tags[STAGE_TAG] === undefined ? 'no tag' : `the tag of stage ${tags[STAGE_TAG]}`
  return problem(
    'stage tag',
    `${id} bears ${found} ${STAGE_TAG}: the service may not touch it`,
    `aws ec2 create-tags --region ${region} --resources ${id} --tags Key=${STAGE_TAG},Value=${stage}`,
  )
}

function judgeHost(host: Host, { site, region }: SiteFacts): Line[] {
  const { id, state, publicIp } = host.instance
  const found = ok('instance', `${id} is ${state}${publicIp ? ` at ${publicIp}` : ''}`)
  return [
    found,
    ...judgeAddress(host.instance),
    ...judgeProfile(host.instance),
    judgeAgent(host),
    ...judgeLook(host.instance, host.look, site.hostname),
    ...judgeNetwork(host, site),
    ...judgeHealth(site, host.health),
    ...judgeIdle(host, site, region),
  ]
}

const judgeAddress = ({ id, state, publicIp, subnetId }: AccountInstance): Line[] =>
  state !== 'running' || publicIp
    ? []
    : [
        problem(
          'address',
          `${id} runs without a public IPv4 address`,
          `aws ec2 modify-subnet-attribute --region <region> --subnet-id ${subnetId ?? '<subnet>'} --map-public-ip-on-launch, then launch it anew: only its launch decides`,
        ),
      ]

function judgeProfile({ id, profile }: AccountInstance): Line[] {
  if (!profile)
    return [
      problem(
        'profile',
        `${id} has no instance profile, so that its agent may not speak to Systems Manager`,
        `aws ec2 associate-iam-instance-profile --region <region> --instance-id ${id} --iam-instance-profile Name=<profile whose role holds AmazonSSMManagedInstanceCore>; docs/setup.md has the commands that make one`,
      ),
    ]
  return [ok('profile', `${profile.split('/').at(-1)}`)]
}

function judgeAgent({ instance, agent }: Host): Line {
  const { id, state, launchTime } = instance
  if ('error' in agent) return unread('agent', agent.error, 'ssm:DescribeInstanceInformation')
  if (state !== 'running')
    return note(
      'agent',
      `${id} is ${state}: its agent can be seen only while it runs`,
      'start it, and run the doctor again',
    )
  const since = new Date(launchTime).toISOString()
  const fix = `on the host: systemctl status amazon-ssm-agent (or snap.amazon-ssm-agent.amazon-ssm-agent); its role needs AmazonSSMManagedInstanceCore, its subnet a way to the Internet`
  if (!agent.value) return problem('agent', `Systems Manager knows no agent of ${id}`, fix)
  const { pingStatus, lastPing = 0 } = agent.value
  if (pingStatus !== 'Online' || lastPing < launchTime)
    return problem(
      'agent',
      `the agent of ${id} is ${pingStatus}, heard last at ${new Date(lastPing).toISOString()}, and the host runs since ${since}`,
      fix,
    )
  return ok('agent', `of ${id}: ${pingStatus}, heard at ${new Date(lastPing).toISOString()}`)
}
