// What a look at the hosts did, in the log and as figures: a command when it is sent, the rest at the end.
import { type Instance, startField } from '../domain/instance.ts'
import type { Telemetry } from '../steps/telemetry.ts'
import { describePlannedHost, type PlannedHost } from './plan.ts'
import type { HostReport, HostRequest } from './ports.ts'

export const loggedSends =
  (telemetry: Telemetry): HostRequest['onSent'] =>
  (planned, commandId, instances) =>
    telemetry.info(describePlannedHost(planned), { ...fieldsOf(planned, instances), commandId })

export function tellHosts({ plan, sent, instances }: HostReport, triggers: number, telemetry: Telemetry): void {
  const told = new Set(sent.map(({ instanceId, comment }) => `${instanceId} ${comment}`))
  const kept = plan.filter(({ action }) => action !== 'send' && action !== 'refuse')
  for (const planned of kept.filter(({ instanceId, command }) => !told.has(`${instanceId} ${command.comment}`)))
    telemetry.info(describePlannedHost(planned), fieldsOf(planned, instances))
  telemetry.count('CommandsSent', sent.length)
  telemetry.info(`${triggers} triggers, ${plan.length} hosts looked at, ${sent.length} commands sent`)
}

const fieldsOf = ({ site, instanceId }: PlannedHost, instances: readonly Instance[]) => ({
  site,
  ...startField(instances, [instanceId]),
})
