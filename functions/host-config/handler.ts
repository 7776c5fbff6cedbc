// host-config: whatever happened, see to it that every running host has been told its site as it is now.
import type { SQSBatchResponse } from 'aws-lambda'
import { type Instance, startField } from '../lib/domain/instance.ts'
import { instancesOnly, type Trigger } from '../lib/domain/trigger.ts'
import { convergeHosts } from '../lib/hosts/converge.ts'
import { describePlannedHost, type PlannedHost } from '../lib/hosts/plan.ts'
import type { HostPorts, HostReport } from '../lib/hosts/ports.ts'
import { setting } from '../lib/runtime/config.ts'
import { lambda } from '../lib/runtime/lambda.ts'
import type { QueuePorts } from '../lib/runtime/messages.ts'
import { type Delivery, throughQueue } from '../lib/runtime/queue.ts'
import { queuePorts } from '../lib/runtime/queue-ports.ts'
import { type Telemetry, telemetry } from '../lib/runtime/telemetry.ts'
import { rememberSites } from '../lib/steps/remember-sites.ts'
import { hostPorts } from '../lib/wiring/hosts.ts'

export interface Dependencies {
  readonly hosts: HostPorts
  readonly queue: QueuePorts
  readonly telemetry: Telemetry
}

export const hostConfig = (event: unknown, deadline: number, deps: Dependencies): Promise<SQSBatchResponse> =>
  throughQueue(event, deps.queue, deps.telemetry, {
    source: 'host',
    run: (triggers, delivery) => tellHosts(triggers, delivery, deadline, deps),
  })

async function tellHosts(
  triggers: readonly Trigger[],
  { again }: Delivery,
  deadline: number,
  deps: Dependencies,
): Promise<HostReport> {
  const report = await convergeHosts(deps.hosts, {
    ...(again ? {} : instancesOnly(triggers)),
    force: triggers.some((trigger) => trigger.kind === 'look' && trigger.force),
    dryRun: false,
    deadline,
    onSent: (planned, commandId, instances) =>
      deps.telemetry.info(describePlannedHost(planned), { ...fieldsOf(planned, instances), commandId }),
  })
  const told = new Set(report.sent.map(({ instanceId, comment }) => `${instanceId} ${comment}`))
  const kept = report.plan.filter(({ action }) => action === 'keep')
  for (const planned of kept.filter(({ instanceId, command }) => !told.has(`${instanceId} ${command.comment}`)))
    deps.telemetry.info(describePlannedHost(planned), fieldsOf(planned, report.instances))
  deps.telemetry.count('CommandsSent', report.sent.length)
  deps.telemetry.info(
    `${triggers.length} triggers, ${report.plan.length} hosts looked at, ${report.sent.length} commands sent`,
  )
  return report
}

const fieldsOf = ({ site, instanceId }: PlannedHost, instances: readonly Instance[]) => ({
  site,
  ...startField(instances, [instanceId]),
})

/** Made at the first event, and kept as long as Lambda keeps the process. */
let hosts: HostPorts | undefined

export const handler = lambda((event, deadline) => {
  hosts ??= rememberSites(hostPorts(setting('STAGE'), setting('SITES_PATH'), setting('CONFIGURE_HOST_DOCUMENT')))
  return hostConfig(event, deadline, { hosts, queue: queuePorts(), telemetry })
})
