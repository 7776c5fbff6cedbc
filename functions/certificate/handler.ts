// certificate: every day and whenever a site changed, see to it that each site with TLS has a certificate with life in it.
import type { SQSBatchResponse } from 'aws-lambda'
import { rotateAccountKey } from '../lib/certificates/account-key.ts'
import { type CertificatePorts, convergeCertificates } from '../lib/certificates/converge.ts'
import { discardLeftovers, type UnwantedPorts } from '../lib/certificates/discard.ts'
import { loggedCertificates, tellKept, tellRotation } from '../lib/certificates/tell.ts'
import { siteMessage, type Trigger } from '../lib/domain/trigger.ts'
import { optionalSetting, setting } from '../lib/runtime/config.ts'
import { lambda } from '../lib/runtime/lambda.ts'
import type { QueuePorts } from '../lib/runtime/messages.ts'
import { throughQueue } from '../lib/runtime/queue.ts'
import { queuePorts } from '../lib/runtime/queue-ports.ts'
import { telemetry } from '../lib/runtime/telemetry.ts'
import type { Telemetry } from '../lib/steps/telemetry.ts'
import { accountKeyPorts, certificatePorts } from '../lib/wiring/certificates.ts'

export interface Dependencies {
  readonly certificates: CertificatePorts & UnwantedPorts
  readonly queue: QueuePorts & { sendLater(body: string, seconds: number): Promise<void> }
  readonly telemetry: Telemetry
}

/**
 * A look at everything obtains nothing itself. It sends one message for each site that is due, so that each order has
 * its own time, patience and dead letter.
 */
export const certificate = (event: unknown, deadline: number, deps: Dependencies): Promise<SQSBatchResponse> =>
  throughQueue(event, deps.queue, deps.telemetry, {
    source: 'tls',
    run: (triggers) => lookAtCertificates(triggers, deadline, deps),
  })

async function lookAtCertificates(triggers: readonly Trigger[], deadline: number, deps: Dependencies) {
  const { certificates, queue, telemetry } = deps
  const all = triggers.some(({ kind }) => kind !== 'site')
  const named = triggers.flatMap((trigger) => (trigger.kind === 'site' ? [trigger.hostname] : []))
  const only = all ? undefined : new Set(named)
  const report = await convergeCertificates(certificates, { only, deadline, ...loggedCertificates(telemetry) })
  const due = report.plan.filter(({ action }) => all && action !== 'keep')
  for (const { site } of due) await queue.sendLater(siteMessage(site), 0)
  tellKept(report.plan, telemetry)
  // Last, so that a failure here keeps no site from its certificate.
  if (all) await discardLeftovers(certificates, deadline, telemetry)
  // The functions that act on every site say which documents are broken.
  return { ...report, broken: [], wanted: new Set<string>(), instances: [] }
}

/** A maintainer's word, by `sls invoke`. */
const isRotation = (event: unknown): boolean =>
  (event as { rotateAccountKey?: unknown } | null)?.rotateAccountKey === true

export const handler = lambda<unknown>(async (event, deadline) => {
  const [path, directory] = [setting('SITES_PATH'), setting('ACME_DIRECTORY')]
  const keyId = optionalSetting('KMS_KEY_ARN')
  if (isRotation(event)) return tellRotation(await rotateAccountKey(accountKeyPorts(path, directory, keyId)), telemetry)
  const certificates = certificatePorts(path, directory, keyId)
  return certificate(event, deadline, { certificates, queue: queuePorts(), telemetry })
})
