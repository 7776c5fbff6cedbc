// The cases of "work per event": what happens, and the fewest calls and the least time that could do it.

import { lookMessage } from '../../functions/lib/domain/trigger.ts'
import type { LocalCloud } from '../../local/cloud.ts'
import type { Faults } from '../../local/wire/faults.ts'
import { LATENCY } from './watch.ts'

const { ec2 = 0, route53 = 0, ssm = 0, sqs = 0 } = LATENCY

export interface Floor {
  /** Fewest calls, and why no fewer. */
  readonly calls: number
  readonly why: string
  /** Milliseconds of a run of each function when nothing waits that could go side by side. */
  readonly ms: Readonly<Record<string, number>>
}

export interface Case {
  readonly name: string
  readonly floor: Floor
  /** Whose calls are held against the floor; without it dns-sync’s and host-config’s. */
  readonly roles?: RegExp
  /** What the account does; all that follows is awaited and counted. */
  readonly act: (scene: Scene) => void
}

export interface Scene {
  readonly cloud: LocalCloud
  readonly faults: Faults
  readonly id: string
  /** Grows with each round, for addresses that were not there before. */
  readonly round: number
}

const look = { 'dns-sync': Math.max(ec2, ssm) + route53, 'host-config': Math.max(ec2, ssm) + ssm }
const warm = { 'dns-sync': Math.max(ec2, route53), 'host-config': ec2 + ssm }
const again = Math.max(ec2, ssm)

export const CASES: readonly Case[] = [
  {
    name: 'first start',
    floor: {
      calls: 3 + 7 + 8,
      why: 'an event only says look, so `pending` costs a look: sites, instances, records; then, at `running`, records: sites, instances, records, the write, sites and instances once more, and the message that has outcome report it; hosts: sites, images, instances, commands, the command, and all but the commands once more: what it sent itself it knows',
      ms: { 'dns-sync': route53 + route53 + again + sqs, 'host-config': again + ssm + ssm + again },
    },
    act: ({ cloud, id }) => cloud.world.dispatch({ type: 'StartInstances', ids: [id] }),
  },
  {
    name: 'nothing to do, an event comes twice',
    floor: {
      calls: 2 + 2,
      why: 'what a moment ago was read of the sites is remembered; records: instances and records; hosts: instances and commands',
      ms: warm,
    },
    act: ({ cloud, id }) => repeatEvent(cloud, id),
  },
  {
    name: 'nothing to do, a look at everything',
    floor: {
      calls: 3 + 4,
      why: 'a look is there for what no event told: everything is read; records: sites, instances, records; hosts: sites, images, instances, commands',
      ms: look,
    },
    act: ({ cloud }) => tellQueues(cloud, lookMessage({})),
  },
  {
    name: 'nothing to do, the schedule’s look at a live site',
    roles: /^(Resync|Outcome)Role$/,
    floor: {
      calls: 11,
      why: 'if one function did it all: sites, images, what was said, instances, records, commands, groups, network ACL and routes, the agent, and one inspection of the host, which is a command that changes nothing. Ours is two functions with rights of their own, resync, which mends, and outcome, which tells: the second reads the same once more, a moment later, since a message only says look, and inspects the host with all that can be seen from outside. Polls for the end of an inspection are not counted',
      ms: {},
    },
    act: ({ cloud }) => cloud.stack.triggerSchedule('ReconcileRule'),
  },
  {
    name: 'address changed, seen by a look',
    floor: {
      calls: 7 + 4,
      why: 'as the look with nothing to do; then the write, sites and instances once more, and the message to outcome',
      ms: { ...look, 'dns-sync': look['dns-sync'] + route53 + again + sqs },
    },
    act: changeAddress,
  },
  {
    name: 'the same while Route 53 refuses two calls',
    floor: {
      calls: 7 + 4 + 2,
      why: 'as above, and the two that are refused; their wait is drawn by lot up to 2 and 4 s',
      ms: { ...look, 'dns-sync': look['dns-sync'] + 3 * route53 + again + sqs },
    },
    act(scene) {
      scene.faults.throttle({ service: 'route53', operation: '*' }, 2)
      changeAddress(scene)
    },
  },
  {
    name: 'stop',
    floor: {
      calls: 7 + 2,
      why: 'at `stopping`, records: sites, instances, records, the write, sites and instances once more, and the message to outcome; at `stopped` instances and records; hosts are not asked',
      ms: { 'dns-sync': route53 + route53 + again + sqs },
    },
    act: ({ cloud, id }) => cloud.world.dispatch({ type: 'StopInstances', ids: [id] }),
  },
]

function changeAddress({ cloud, id, round }: Scene): void {
  const { elasticIp } = cloud.world.state.instances.get(id)!
  const address = elasticIp ? null : `203.0.113.${200 + (round % 50)}`
  cloud.world.dispatch({ type: 'AssociateAddress', id, address })
  tellQueues(cloud, lookMessage({}))
}

/** EventBridge delivers at least once. */
function repeatEvent(cloud: LocalCloud, id: string): void {
  const detail = { 'instance-id': id, state: 'running' }
  const body = JSON.stringify({ source: 'aws.ec2', 'detail-type': 'EC2 Instance State-change Notification', detail })
  tellQueues(cloud, body)
}

function tellQueues(cloud: LocalCloud, body: string): void {
  for (const arn of cloud.world.state.queues.keys())
    if (/(Dns|Host)Queue/.test(arn)) cloud.world.dispatch({ type: 'SendMessages', arn, bodies: [body] })
}
