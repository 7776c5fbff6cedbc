// certificate: every day and whenever a site changed, see to it that each site with TLS has a certificate with life in it.
import type { SQSBatchResponse } from 'aws-lambda'
import { type CertificatePorts, convergeCertificates } from '../lib/converge/certificate.ts'
import { certificatePorts } from '../lib/converge/certificate-ports.ts'
import { describePlannedCertificate } from '../lib/domain/certificate.ts'
import { siteMessage, type Trigger } from '../lib/domain/trigger.ts'
import { setting } from '../lib/runtime/config.ts'
import { lambda } from '../lib/runtime/lambda.ts'
import type { QueuePorts } from '../lib/runtime/messages.ts'
import { throughQueue } from '../lib/runtime/queue.ts'
import { queuePorts } from '../lib/runtime/queue-ports.ts'
import { type Telemetry, telemetry } from '../lib/runtime/telemetry.ts'

export interface Dependencies {
  readonly certificates: CertificatePorts
  readonly queue: QueuePorts & { sendLater(body: string, seconds: number): Promise<void> }
  readonly telemetry: Telemetry
}

/**
 * A look at everything obtains nothing itself: it asks for each site that is due by a message of its own, so that each has
 * its own time, patience and dead letter.
 */
export const certificate = (event: unknown, deadline: number, deps: Dependencies): Promise<SQSBatchResponse> =>
  throughQueue(event, deps.queue, deps.telemetry, {
    source: 'tls',
    run: (triggers) => lookAtCertificates(triggers, deadline, deps),
  })

async function lookAtCertificates(triggers: readonly Trigger[], deadline: number, deps: Dependencies) {
  const looksAtAll = triggers.some(({ kind }) => kind !== 'site')
  const named = triggers.flatMap((trigger) => (trigger.kind === 'site' ? [trigger.hostname] : []))
  const report = await convergeCertificates(deps.certificates, {
    only: looksAtAll ? undefined : new Set(named),
    deadline,
    onObtained: (planned, { notAfter }) => {
      deps.telemetry.info(describePlannedCertificate(planned), { site: planned.site, notAfter })
      deps.telemetry.count('CertificatesObtained')
    },
  })
  const due = report.plan.filter(({ action }) => looksAtAll && action !== 'keep')
  for (const { site } of due) await deps.queue.sendLater(siteMessage(site), 0)
  for (const planned of report.plan.filter(({ action }) => action === 'keep'))
    deps.telemetry.info(describePlannedCertificate(planned), { site: planned.site })
  // The functions that act on every site say which documents are broken.
  return { ...report, broken: [], wanted: new Set<string>(), instances: [] }
}

export const handler = lambda((event, deadline) =>
  certificate(event, deadline, {
    certificates: certificatePorts(setting('SITES_PATH'), setting('ACME_DIRECTORY')),
    queue: queuePorts(),
    telemetry,
  }),
)
