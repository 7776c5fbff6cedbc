// What a look at the certificates did, in the log and as figures.
import type { Telemetry } from '../steps/telemetry.ts'
import type { CertificateRequest } from './converge.ts'
import { describePlannedCertificate, type PlannedCertificate } from './plan.ts'

export const loggedCertificates = (telemetry: Telemetry): Pick<CertificateRequest, 'onObtained' | 'onLeft'> => ({
  onObtained(planned, { notAfter }) {
    telemetry.info(describePlannedCertificate(planned), { site: planned.site, notAfter })
    telemetry.count('CertificatesObtained')
  },
  onLeft: (what, error) => telemetry.warn(`${what}: left to a later run: ${(error as Error).message}`),
})

export function tellKept(plan: readonly PlannedCertificate[], telemetry: Telemetry): void {
  for (const planned of plan.filter(({ action }) => action === 'keep'))
    telemetry.info(describePlannedCertificate(planned), { site: planned.site })
}

export function tellRotation(done: string, telemetry: Telemetry): { readonly report: readonly string[] } {
  telemetry.info(done)
  return { report: [done] }
}
