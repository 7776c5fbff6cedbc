// What outcome needs of the world, made of the real services.
import { listPlacedInstances } from '../aws/ec2/instances.ts'
import { putEvent } from '../aws/eventbridge.ts'
import { isInSync } from '../aws/route53.ts'
import { publish } from '../aws/sns.ts'
import { sendLater } from '../aws/sqs.ts'
import { listCommands, readInvocation } from '../aws/ssm/commands.ts'
import { createParameter, deleteParameter, readChildren, readTree, writeParameter } from '../aws/ssm/parameters.ts'
import { credentialsOf } from '../aws/sts.ts'
import { selects } from '../domain/instance.ts'
import { resolveSites } from '../domain/site-set.ts'
import { lookMessage } from '../domain/trigger.ts'
import type { OutcomePorts } from '../outcome/settle.ts'
import { diagnose } from '../probe/diagnose.ts'
import type { DiagnosePorts } from '../probe/ports.ts'
import { systemClock } from '../steps/clock.ts'
import { handOver } from '../steps/hand-over.ts'
import { aimed } from '../steps/place.ts'
import { type DiagnoseSettings, diagnosePorts, onceInARun } from './diagnosis.ts'
import { readEverything } from './hosts.ts'

interface Settings extends Pick<OutcomePorts, 'documentName' | 'region' | 'retryAfter'> {
  readonly stage: string
  /** `/ragstream-edge/<stage>` */
  readonly path: string
  readonly topic: string
  readonly hostQueue: string
  readonly probes: DiagnoseSettings
}

/** Of one run: what it hands over is of its own world. */
export function outcomePorts({ stage, path, topic, hostQueue, probes, ...rest }: Settings): OutcomePorts {
  const below = (hostname: string, name: string) => `${path}/state/${hostname}/${name}`
  const commands = handOver(
    (instanceId: string, since: number) => listCommands(rest.documentName, instanceId, since),
    systemClock,
  )
  const documents = handOver(readChildren, systemClock)
  const instances = handOver(() => listPlacedInstances(stage), systemClock)
  const shared = onceInARun(diagnosePorts(probes))
  return {
    ...rest,
    diagnose(hostname, deadline, sites, { inspection, patient }) {
      // What has just been read is not read again.
      const ports: DiagnosePorts = {
        ...shared,
        readSites: async () => sites,
        listCommands: commands.second,
        listInstances: async (selector) => (await instances.again()).filter((one) => selects(selector, one)),
      }
      return diagnose(hostname, ports, deadline, { inspection, asNeeded: patient ? 'live' : 'verdict' })
    },
    readSites: () => readEverything(path, documents.second),
    readDocuments: async () => resolveSites(await documents.first(`${path}/sites`), []),
    listInstances: instances.first,
    listCommands: commands.first,
    readInvocation,
    isInSync: (changeId, role) => isInSync(changeId, credentialsOf(role)),
    readState: (hostname) => readTree(`${path}/state/${hostname}`),
    createState: (hostname, name, value) => createParameter(below(hostname, name), value),
    overwriteState: (hostname, name, value) => writeParameter(below(hostname, name), value),
    deleteState: (hostname, name) => deleteParameter(below(hostname, name)),
    publish: ({ subject, text }) => publish(topic, { subject, text: aimed(text, { stage, region: rest.region }) }),
    putEvent,
    askForHostLook: (seconds) => sendLater(hostQueue, lookMessage({}), seconds),
    clock: systemClock,
  }
}
