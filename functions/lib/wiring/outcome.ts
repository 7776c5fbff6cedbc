// What outcome needs of the world, made of the real services.
import { listInstances } from '../aws/ec2/instances.ts'
import { putEvent } from '../aws/eventbridge.ts'
import { isInSync } from '../aws/route53.ts'
import { publish } from '../aws/sns.ts'
import { sendLater } from '../aws/sqs.ts'
import { listCommands, readInvocation } from '../aws/ssm/commands.ts'
import { createParameter, deleteParameter, readTree, writeParameter } from '../aws/ssm/parameters.ts'
import { credentialsOf } from '../aws/sts.ts'
import { lookMessage } from '../domain/trigger.ts'
import type { OutcomePorts } from '../outcome/settle.ts'
import { systemClock } from '../steps/clock.ts'
import { handOver } from '../steps/hand-over.ts'
import { readEverything } from './hosts.ts'

/** What outcome has just read of a site, the diagnosis need not read again. */
type JustRead = Pick<OutcomePorts, 'readSites' | 'listCommands'>

interface Settings extends Pick<OutcomePorts, 'documentName' | 'region'> {
  diagnose(hostname: string, deadline: number, justRead: JustRead): ReturnType<OutcomePorts['diagnose']>
  readonly stage: string
  /** `/ragstream-edge/<stage>` */
  readonly path: string
  readonly topic: string
  readonly hostQueue: string
}

/** Of one run: what it hands over is of its own world. */
export function outcomePorts({ stage, path, topic, hostQueue, diagnose, ...rest }: Settings): OutcomePorts {
  const below = (hostname: string, name: string) => `${path}/state/${hostname}/${name}`
  const commands = handOver(
    (instanceId: string, since: number) => listCommands(rest.documentName, instanceId, since),
    systemClock,
  )
  return {
    ...rest,
    diagnose: (hostname, deadline, sites) =>
      diagnose(hostname, deadline, { readSites: async () => sites, listCommands: commands.second }),
    readSites: () => readEverything(path),
    listInstances: () => listInstances(stage),
    listCommands: commands.first,
    readInvocation,
    isInSync: (changeId, role) => isInSync(changeId, credentialsOf(role)),
    readState: (hostname) => readTree(`${path}/state/${hostname}`),
    createState: (hostname, name, value) => createParameter(below(hostname, name), value),
    overwriteState: (hostname, name, value) => writeParameter(below(hostname, name), value),
    deleteState: (hostname, name) => deleteParameter(below(hostname, name)),
    publish: (notice) => publish(topic, notice),
    putEvent,
    askForHostLook: (seconds) => sendLater(hostQueue, lookMessage({}), seconds),
    clock: systemClock,
  }
}
