// host-config: on every event, sends every running host its site as it is now, if the host did not get that yet.
import type { SQSBatchResponse } from 'aws-lambda'
import { instancesOnly, lookMessage, type Trigger } from '../lib/domain/trigger.ts'
import { convergeHosts } from '../lib/hosts/converge.ts'
import { doubtsIn, onlyOf, stillOpen } from '../lib/hosts/doubts.ts'
import { DOUBT_LOOK } from '../lib/hosts/plan.ts'
import type { HostPorts, HostReport } from '../lib/hosts/ports.ts'
import { loggedSends, tellHosts } from '../lib/hosts/tell.ts'
import { hostSettings } from '../lib/runtime/host-settings.ts'
import { lambda } from '../lib/runtime/lambda.ts'
import type { QueuePorts } from '../lib/runtime/messages.ts'
import { type Delivery, throughQueue } from '../lib/runtime/queue.ts'
import { queuePorts } from '../lib/runtime/queue-ports.ts'
import { telemetry } from '../lib/runtime/telemetry.ts'
import { rememberSites } from '../lib/steps/remember-sites.ts'
import type { Telemetry } from '../lib/steps/telemetry.ts'
import { hostPorts } from '../lib/wiring/hosts.ts'
import { siteDocuments } from '../lib/wiring/site-documents.ts'

export interface Dependencies {
  readonly hosts: HostPorts
  readonly queue: QueuePorts & { sendLater(body: string, seconds: number): Promise<void> }
  readonly telemetry: Telemetry
}

export const hostConfig = (event: unknown, deadline: number, deps: Dependencies): Promise<SQSBatchResponse> =>
  throughQueue(event, deps.queue, deps.telemetry, {
    source: 'host',
    run: (triggers, delivery) => configureHosts(triggers, delivery, deadline, deps),
  })

async function configureHosts(
  triggers: readonly Trigger[],
  { again }: Delivery,
  deadline: number,
  { hosts, queue, telemetry }: Dependencies,
): Promise<HostReport> {
  const doubts = doubtsIn(triggers)
  const report = await convergeHosts(hosts, {
    ...onlyOf(triggers, doubts),
    ...(again ? {} : instancesOnly(triggers)),
    force: triggers.some((trigger) => trigger.kind === 'look' && trigger.force),
    ...{ dryRun: false, looksForDrift: false, deadline, onSent: loggedSends(telemetry) },
  })
  const open = stillOpen(report, doubts)
  if (open.length > 0) await queue.sendLater(lookMessage({ doubts: open }), DOUBT_LOOK)
  tellHosts(report, triggers.length, telemetry)
  return report
}

/** Made at the first event, and kept as long as Lambda keeps the process. */
let hosts: HostPorts | undefined

export const handler = lambda((event, deadline) => {
  hosts ??= rememberSites({ ...hostPorts(hostSettings()), ...siteDocuments(hostSettings().path) })
  return hostConfig(event, deadline, { hosts, queue: queuePorts(), telemetry })
})
