// The cases of "work per event": what happens, and the fewest calls and the least time that could do it.

import { lookMessage } from '../../functions/lib/domain/trigger.ts'
import type { LocalCloud } from '../../local/cloud.ts'
import type { Faults } from '../../local/wire/faults.ts'
import { LATENCY } from './watch.ts'

const { ec2 = 0, route53 = 0, ssm = 0 } = LATENCY

export interface Floor {
  /** Fewest calls that could do it: one function with all rights, told of everything once, that reads each thing once. */
  readonly calls: number
  /** Which calls these are. */
  readonly why: string
  /** Why ours are more. */
  readonly above: string
  /** Milliseconds of a run of each function: reads side by side, then what has to follow them. */
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

const reads = { 'dns-sync': Math.max(ec2, ssm, route53), 'host-config': Math.max(ec2, ssm) }
const written = { ...reads, 'dns-sync': reads['dns-sync'] + route53 }

const TWO_ROLES = 'Records and hosts are two functions with separate rights, so both read sites and instances'
const ONCE_MORE = 'After a write, sites and instances are read once more, because they can change while the run works'
const TOLD = 'A message informs outcome, which reports the result'

export const CASES: readonly Case[] = [
  {
    name: 'first start',
    floor: {
      calls: 4 + 2,
      why: 'sites, images, instances, records, the write, and the command',
      above: `The event \`pending\` causes one look at the instances. ${TWO_ROLES}. host-config also reads the list of commands. ${ONCE_MORE}. After a command, the sites of its host are read once more, by name. A message asks host-config for a look 5 minutes later, because an agent may lose a command`,
      ms: { ...written, 'host-config': reads['host-config'] + ssm },
    },
    act: ({ cloud, id }) => cloud.world.dispatch({ type: 'StartInstances', ids: [id] }),
  },
  {
    name: 'nothing to do, an event comes twice',
    floor: {
      calls: 3,
      why: 'instances, records, commands; the sites are remembered from the read a moment ago',
      above: TWO_ROLES,
      ms: reads,
    },
    act: ({ cloud, id }) => repeatEvent(cloud, id),
  },
  {
    name: 'nothing to do, a look at everything',
    floor: {
      calls: 5,
      why: 'sites, images, instances, records, commands',
      above: TWO_ROLES,
      ms: reads,
    },
    act: ({ cloud }) => tellQueues(cloud, lookMessage({})),
  },
  {
    name: 'nothing to do, the schedule’s look at a live site',
    roles: /^(Resync|Outcome)Role$/,
    floor: {
      calls: 10,
      why: 'sites, images, sent notices, instances, records, commands, security groups, network ACL, routes, and one inspection of the host (a command that changes nothing; a host that answers it has an agent)',
      above: 'outcome judges a site that is not live, or that has an open notice. It reads all of this once more',
      ms: {},
    },
    act: ({ cloud }) => cloud.stack.triggerSchedule('ReconcileRule'),
  },
  {
    name: 'address changed, seen by a look',
    floor: {
      calls: 5 + 1,
      why: 'the calls of the look with nothing to do, and the write',
      above: `${TWO_ROLES}. ${ONCE_MORE}. ${TOLD}`,
      ms: written,
    },
    act: changeAddress,
  },
  {
    name: 'address changed, Route 53 refuses two calls',
    floor: {
      calls: 5 + 1 + 2,
      why: 'the calls of the case above, and the two calls that are refused',
      above: `${TWO_ROLES}. ${ONCE_MORE}. ${TOLD}. The times include the wait after a refusal, which is random. The floor does not include it`,
      ms: { ...written, 'dns-sync': written['dns-sync'] + 2 * route53 },
    },
    act(scene) {
      scene.faults.throttle({ service: 'route53', operation: '*' }, 2)
      changeAddress(scene)
    },
  },
  {
    name: 'stop',
    floor: {
      calls: 3 + 1,
      why: 'sites, instances, records, and the write',
      above: `\`stopping\` parks the name. \`stopped\` checks this, because one of both events may be lost. ${ONCE_MORE}. ${TOLD}`,
      ms: { 'dns-sync': written['dns-sync'] },
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
