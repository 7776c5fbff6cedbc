// What outcome needs of the world, made of the real services.
import { listInstances } from '../aws/ec2.ts'
import { putEvent } from '../aws/eventbridge.ts'
import { isInSync } from '../aws/route53.ts'
import { publish } from '../aws/sns.ts'
import { sendLater } from '../aws/sqs.ts'
import { listCommands, readInvocation } from '../aws/ssm.ts'
import { createEntry, deleteEntry, overwriteEntry, readEntries } from '../aws/state.ts'
import { credentialsOf } from '../aws/sts.ts'
import { lookMessage } from '../domain/trigger.ts'
import { systemClock } from './clock.ts'
import type { OutcomePorts } from './outcome.ts'
import { readEverything } from './ports.ts'

interface Settings extends Pick<OutcomePorts, 'diagnose' | 'documentName' | 'region'> {
  readonly stage: string
  /** `/ragstream-edge/<stage>` */
  readonly path: string
  readonly topic: string
  readonly hostQueue: string
}

export function outcomePorts({ stage, path, topic, hostQueue, ...rest }: Settings): OutcomePorts {
  const below = (hostname: string, name: string) => `${path}/state/${hostname}/${name}`
  return {
    ...rest,
    readSites: () => readEverything(path),
    listInstances: () => listInstances(stage),
    listCommands: (instanceId, since) => listCommands(rest.documentName, instanceId, since),
    readInvocation,
    isInSync: (changeId, role) => isInSync(changeId, credentialsOf(role)),
    readState: (hostname) => readEntries(`${path}/state/${hostname}`),
    createState: (hostname, name, value) => createEntry(below(hostname, name), value),
    overwriteState: (hostname, name, value) => overwriteEntry(below(hostname, name), value),
    deleteState: (hostname, name) => deleteEntry(below(hostname, name)),
    publish: (notice) => publish(topic, notice),
    putEvent,
    lookAtHosts: (seconds) => sendLater(hostQueue, lookMessage({}), seconds),
    clock: systemClock,
  }
}
