// What idle needs of the world, made of the real services.
import { listInstances } from '../aws/ec2/instances.ts'
import { stopInstance } from '../aws/ec2/stop.ts'
import { publish } from '../aws/sns.ts'
import { listCommands } from '../aws/ssm/commands.ts'
import { readChildren, readTree, writeParameter } from '../aws/ssm/parameters.ts'
import { resolveSites } from '../domain/site-set.ts'
import { lookUse } from '../hosts/command.ts'
import { parseMemory } from '../idle/memory.ts'
import type { IdlePorts } from '../idle/ports.ts'
import { readState } from '../outcome/state.ts'
import { askUse } from '../probe/use.ts'
import { systemClock } from '../steps/clock.ts'
import { aimed } from '../steps/place.ts'
import { together } from '../steps/together.ts'
import { hostProbe } from './hosts.ts'

export interface IdleSettings {
  readonly stage: string
  readonly region: string
  /** `/ragstream-edge/<stage>` */
  readonly path: string
  readonly configureDocument: string
  readonly lookDocument: string
  readonly topic: string
  /** Milliseconds. */
  readonly minute: number
  readonly apart: number
}

/** Milliseconds that a host has to answer. */
const LIMIT = 10_000

export const idlePorts = ({
  stage,
  region,
  path,
  configureDocument,
  lookDocument,
  topic,
  ...times
}: IdleSettings): IdlePorts => ({
  ...times,
  listInstances: () => listInstances(stage),
  readSites: async () => resolveSites(await readChildren(`${path}/sites`), []),
  listCommands: (instanceId, since) => listCommands(configureDocument, instanceId, since),
  async wasLive(sites, { id, launchTime }) {
    const states = await together(sites.map(({ hostname }) => readTree(`${path}/state/${hostname}`)))
    const marks = states.flatMap((entries) => readState(entries).live)
    return marks.some((mark) => mark.instanceId === id && mark.launchTime === launchTime)
  },
  look: (instanceId, hostnames) =>
    askUse(hostProbe, { instanceId, command: lookUse(hostnames, lookDocument), limit: LIMIT }),
  stop: stopInstance,
  async readMemory() {
    const stored = await readChildren(`${path}/state/idle`)
    return new Map(
      stored.flatMap(({ name, value }) => {
        const memory = parseMemory(value)
        return memory ? [[name, memory] as const] : []
      }),
    )
  },
  writeMemory: (instanceId, memory) => writeParameter(`${path}/state/idle/${instanceId}`, JSON.stringify(memory)),
  publish: ({ subject, text }) => publish(topic, { subject, text: aimed(text, { stage, region }) }),
  clock: systemClock,
})
