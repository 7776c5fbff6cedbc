// certificate: every day and whenever a site changed, see to it that each site with TLS has a certificate with life in it.
import type { SQSBatchResponse } from 'aws-lambda'
import { type AccountKeyPorts, rotateAccountKey } from '../lib/certificates/account-key.ts'
import { type CertificatePorts, convergeCertificates } from '../lib/certificates/converge.ts'
import { discardOrphans, discardUnwanted, type UnwantedPorts } from '../lib/certificates/discard.ts'
import { describePlannedCertificate } from '../lib/certificates/plan.ts'
import { siteMessage, type Trigger } from '../lib/domain/trigger.ts'
import { setting } from '../lib/runtime/config.ts'
import { lambda } from '../lib/runtime/lambda.ts'
import type { QueuePorts } from '../lib/runtime/messages.ts'
import { throughQueue } from '../lib/runtime/queue.ts'
import { queuePorts } from '../lib/runtime/queue-ports.ts'
import { type Telemetry, telemetry } from '../lib/runtime/telemetry.ts'
import { accountKeyPorts, certificatePorts } from '../lib/wiring/certificates.ts'

export interface Dependencies {
  readonly certificates: CertificatePorts & UnwantedPorts
  readonly queue: QueuePorts & { sendLater(body: string, seconds: number): Promise<void> }
  readonly telemetry: Telemetry
}

/** A maintainer's word, by `sls invoke`. */
const isRotation = (event: unknown): boolean =>
  (event as { rotateAccountKey?: unknown } | null)?.rotateAccountKey === true

export async function rotate(accountKey: AccountKeyPorts, telemetry: Telemetry) {
  const done = await rotateAccountKey(accountKey)
  telemetry.info(done)
  return { report: [done] }
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
    onLeft: (what, error) => deps.telemetry.warn(`${what}: left to a later run: ${(error as Error).message}`),
  })
  const due = report.plan.filter(({ action }) => looksAtAll && action !== 'keep')
  for (const { site } of due) await deps.queue.sendLater(siteMessage(site), 0)
  for (const planned of report.plan.filter(({ action }) => action === 'keep'))
    deps.telemetry.info(describePlannedCertificate(planned), { site: planned.site })
  // Last, so that what fails here keeps nobody from a certificate.
  const unwanted = looksAtAll ? await discardUnwanted(deps.certificates, deadline) : []
  for (const { hostname } of unwanted)
    deps.telemetry.info(`the certificate of ${hostname} and its key are deleted: no site with TLS has that name`)
  for (const name of looksAtAll ? await discardOrphans(deps.certificates, deadline) : [])
    deps.telemetry.info(`${name} is deleted: no certificate in use belongs to it`)
  // The functions that act on every site say which documents are broken.
  return { ...report, broken: [], wanted: new Set<string>(), instances: [] }
}

export const handler = lambda<unknown>((event, deadline) => {
  const [path, directory] = [setting('SITES_PATH'), setting('ACME_DIRECTORY')]
  if (isRotation(event)) return rotate(accountKeyPorts(path, directory), telemetry)
  const certificates = certificatePorts(path, directory)
  return certificate(event, deadline, { certificates, queue: queuePorts(), telemetry })
})
