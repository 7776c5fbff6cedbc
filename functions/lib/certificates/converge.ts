// Gives every site with TLS a certificate, and renews it in time: read, plan, and order what is due.

import type { Problem } from '../domain/problem.ts'
import type { Certificate } from '../domain/site-certificate.ts'
import type { BrokenSite } from '../domain/site-set.ts'
import { patiently } from '../steps/patiently.ts'
import { type OrderPorts, type OrderRun, orderCertificate } from './order.ts'
import { type PlannedCertificate, planCertificate } from './plan.ts'
import { certificateProblem } from './problem.ts'
import { sweepChallenges } from './proof.ts'

export type CertificatePorts = OrderPorts

export interface CertificateRequest extends OrderRun {
  /** Undefined: every site is planned, and none is acted on. */
  readonly only: ReadonlySet<string> | undefined
  readonly onObtained: (planned: PlannedCertificate, certificate: Certificate) => void
}

export interface CertificateReport {
  readonly plan: readonly PlannedCertificate[]
  readonly problems: readonly Problem[]
  readonly broken: readonly BrokenSite[]
}

/** The one step behind every trigger. For every site that it checks, it clears the records that a killed run left in the zone. */
export async function convergeCertificates(
  ports: CertificatePorts,
  request: CertificateRequest,
): Promise<CertificateReport> {
  const { only, deadline, onObtained } = request
  const { sites, broken } = await patiently(ports.clock, deadline, () => ports.readSites())
  const mine = sites.filter((site) => site.tls === 'acme' && (only?.has(site.hostname) ?? true))
  const plan = mine.map((site) => planCertificate(site, ports.directory, ports.clock.now()))
  const problems: Problem[] = []
  for (const [index, site] of mine.entries()) {
    try {
      if (only === undefined || plan[index]!.action === 'keep') {
        await sweepChallenges(ports, deadline, site)
        continue
      }
      const { planned, certificate } = await orderCertificate(ports, request, site)
      plan[index] = planned
      if (certificate) onObtained(planned, certificate)
    } catch (error) {
      problems.push(certificateProblem(plan[index]!, error, ports.clock.now()))
    }
  }
  return { plan, problems, broken }
}
