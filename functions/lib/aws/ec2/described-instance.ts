// An instance as DescribeInstances shows it, in our words: what both adapters of EC2 read of the reply.
import type { DescribeInstancesCommandOutput, Instance as Ec2Instance } from '@aws-sdk/client-ec2'
import type { PlacedInstance } from '../../diagnosis/observation.ts'
import { UnexpectedReply } from '../../domain/errors.ts'
import { INSTANCE_STATES, type Instance } from '../../domain/instance.ts'

/** Only what is read; the SDK's own shape fits. */
export interface DescribedInstance {
  readonly InstanceId?: string | undefined
  readonly State?: { readonly Name?: string | undefined } | undefined
  readonly LaunchTime?: Date | undefined
  readonly Tags?: readonly { readonly Key?: string | undefined; readonly Value?: string | undefined }[] | undefined
  readonly PublicIpAddress?: string | undefined
  readonly Ipv6Address?: string | undefined
  readonly NetworkInterfaces?:
    | readonly { readonly Ipv6Addresses?: readonly { readonly Ipv6Address?: string | undefined }[] | undefined }[]
    | undefined
}

/** An instance may stand in any reservation. */
export const described = {
  itemsOf: ({ Reservations = [] }: DescribeInstancesCommandOutput): Ec2Instance[] =>
    Reservations.flatMap(({ Instances = [] }) => Instances),
  keyOf: ({ InstanceId }: Ec2Instance) => InstanceId,
}

/** @throws UnexpectedReply without id, known state or launch time */
export function toInstance(described: DescribedInstance): Instance {
  const { InstanceId: id, LaunchTime: launchTime, NetworkInterfaces: interfaces } = described
  const state = INSTANCE_STATES.find((known) => known === described.State?.Name)
  if (!id || !state || !launchTime)
    throw new UnexpectedReply(
      `DescribeInstances: an instance without id, known state or launch time: ${JSON.stringify({ id, state: described.State?.Name, launchTime })}`,
    )
  return {
    ...{ id, state },
    tags: Object.fromEntries((described.Tags ?? []).map(({ Key = '', Value = '' }) => [Key, Value])),
    publicIp: described.PublicIpAddress,
    ipv6: described.Ipv6Address ?? interfaces?.[0]?.Ipv6Addresses?.[0]?.Ipv6Address,
    launchTime: launchTime.getTime(),
  }
}

/** With its place in the network. */
export const toPlaced = (described: Ec2Instance): PlacedInstance => ({
  ...toInstance(described),
  vpcId: described.VpcId,
  subnetId: described.SubnetId,
  groupIds: (described.SecurityGroups ?? []).flatMap(({ GroupId }) => GroupId ?? []),
})
