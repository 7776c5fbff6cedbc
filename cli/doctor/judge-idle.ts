// Can the instance of a site with `idle` be stopped, and does it start again? Pure. Of a site without, nothing is said.
import type { Site } from '../../functions/lib/domain/site.ts'
import { GROUP_TAG } from '../../functions/lib/idle/plan.ts'
import { isDenied, type Line, note, ok, problem, unread } from './line.ts'
import type { SiteFacts } from './look.ts'
import type { EncryptedVolume, Stopping } from './stopping.ts'

type Host = Pick<SiteFacts['hosts'][number], 'instance' | 'stopping'>

export function judgeIdle({ instance, stopping }: Host, { idle, hostname }: Site, region: string): Line[] {
  if (idle === null || stopping === undefined) return []
  const { id } = instance
  const lines = [...kept(instance, hostname), ...oneTime(id, stopping), ...isProtected(id, stopping, region)]
  const stops = ok('idle', `EC2 stops ${id} when nobody has used it for ${idle.stopAfter}`)
  return [...(lines.length > 0 ? lines : [stops]), ...rights(stopping), ...keys(id, stopping)]
}

const without = (hostname: string): string => `take idle out of the file of ${hostname}`

/** What neither EC2 nor its group lets sleep. */
function kept({ id, tags, rootDevice }: Host['instance'], hostname: string): Line[] {
  const group = tags[GROUP_TAG]
  if (group !== undefined)
    return [
      problem(
        'idle',
        `${id} belongs to the Auto Scaling group ${group}, which terminates and replaces what is stopped: it is never stopped`,
        `${without(hostname)}, or take the instance out of the group: aws autoscaling detach-instances --region <region> --auto-scaling-group-name ${group} --instance-ids ${id} --should-decrement-desired-capacity`,
      ),
    ]
  if (rootDevice !== 'instance-store') return []
  return [
    problem(
      'idle',
      `the root device of ${id} is an instance store: EC2 cannot stop it`,
      `${without(hostname)}, or launch the instance from an image whose root device is an EBS volume`,
    ),
  ]
}

function oneTime(id: string, { spot }: Stopping): Line[] {
  if ('error' in spot) return [unread('idle', spot.error, 'ec2:DescribeSpotInstanceRequests')]
  if (spot.value !== 'one-time') return []
  return [
    problem(
      'idle',
      `${id} is a Spot Instance of a one-time request: EC2 cannot stop it`,
      'launch it on demand, or by a persistent Spot request that stops when it is interrupted',
    ),
  ]
}

function isProtected(id: string, { isProtected: read }: Stopping, region: string): Line[] {
  if ('error' in read) return [unread('idle', read.error, 'ec2:DescribeInstanceAttribute')]
  if (!read.value) return []
  return [
    problem(
      'idle',
      `${id} is protected from being stopped: EC2 refuses it`,
      `aws ec2 modify-instance-attribute --region ${region} --instance-id ${id} --no-disable-api-stop`,
    ),
  ]
}

/** Before the first deploy there is no role, and often nobody may ask about it: that proves nothing. */
function rights({ lacks }: Stopping): Line[] {
  if ('error' in lacks)
    return [
      note(
        'idle rights',
        `what the role of the function idle may do is not seen from here: ${lacks.error.message}`,
        'after the deploy, with credentials that allow lambda:GetFunctionConfiguration and iam:SimulatePrincipalPolicy',
      ),
    ]
  if (lacks.value.length === 0) return [ok('idle rights', 'the role of the function idle may look and stop')]
  return [
    problem(
      'idle rights',
      `the role of the function idle may not ${lacks.value.join(', ')}`,
      'its own policy allows it: allow it in the permissions boundary and in the policies of the organisation, too',
    ),
  ]
}

/** Whoever starts the instance needs the right: EC2 says yes to the start, and the instance is stopped again at once. */
function keys(id: string, { volumes }: Stopping): Line[] {
  if ('error' in volumes) {
    const asked = 'ec2:DescribeVolumes, iam:GetRole and iam:SimulatePrincipalPolicy'
    if (!isDenied(volumes.error)) return [unread('idle volumes', volumes.error, asked)]
    return [
      note(
        'idle volumes',
        `whether you can start ${id} again is not seen from here: ${volumes.error.message}`,
        `credentials that allow ${asked}`,
      ),
    ]
  }
  return volumes.value.filter(({ mayGrant }) => !mayGrant).map((one) => locked(id, one))
}

const locked = (id: string, { id: volume, key }: EncryptedVolume): Line =>
  note(
    'idle volumes',
    `${volume} of ${id} is encrypted with ${key}, and your policies do not allow kms:CreateGrant: with a key of your own, a start succeeds and ${id} stays stopped`,
    `aws kms describe-key --region <region> --key-id ${key} --query KeyMetadata.KeyManager: AWS is fine. With CUSTOMER, who starts it needs kms:CreateGrant, by the policy of the key or their own`,
  )
