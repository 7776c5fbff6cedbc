// Sees to it that every site with TLS has a certificate with life in it: read, plan, prove, store, clean up.
import type { Issued } from '../acme/authority.ts'
import { type Certificate, certificateNames, type PlannedCertificate, planCertificate } from '../domain/certificate.ts'
import type { Challenge } from '../domain/challenge.ts'
import type { Problem } from '../domain/problem.ts'
import type { Site } from '../domain/site.ts'
import type { BrokenSite, SiteSet } from '../domain/site-set.ts'
import { certificateProblem } from './certificate-problem.ts'
import { type ChallengePorts, holdChallenges, sweepChallenges } from './challenges.ts'
import { patiently } from './patiently.ts'

export interface CertificatePorts extends ChallengePorts {
  readSites(): Promise<SiteSet>
  /** The directory of the authority. */
  readonly directory: string
  /** @throws CertificateRefused, RateLimited, TryLater */
  obtain(names: readonly string[], prove: (challenges: readonly Challenge[]) => Promise<void>): Promise<Issued>
  /** Stores the secrets first and the certificate's document last, by whose change the hosts hear of it. */
  store(hostname: string, issued: Issued): Promise<string>
  announce(hostname: string, certificate: Certificate): Promise<void>
  /** Deletes what lies at a path of `store`. */
  discard(path: string): Promise<void>
}

export interface CertificateRequest {
  /** Undefined: every site is planned, and none is acted on. */
  readonly only: ReadonlySet<string> | undefined
  readonly deadline: number
  readonly onObtained: (planned: PlannedCertificate, certificate: Certificate) => void
}

export interface CertificateReport {
  readonly plan: readonly PlannedCertificate[]
  readonly problems: readonly Problem[]
  readonly broken: readonly BrokenSite[]
}

/** The one step behind every trigger. What a killed run left in the zone is cleared for every site that is looked at. */
export async function convergeCertificates(
  ports: CertificatePorts,
  { only, deadline, onObtained }: CertificateRequest,
): Promise<CertificateReport> {
  const { sites, broken } = await patiently(ports.clock, deadline, () => ports.readSites())
  const mine = sites.filter((site) => site.tls === 'acme' && (only?.has(site.hostname) ?? true))
  const plan = mine.map((site) => planCertificate(site, ports.directory, ports.clock.now()))
  const problems: Problem[] = []
  for (const [index, site] of mine.entries()) {
    const planned = plan[index]!
    try {
      if (only === undefined || planned.action === 'keep') await sweepChallenges(ports, deadline, site)
      else onObtained(planned, await renew(ports, deadline, site))
    } catch (error) {
      problems.push(certificateProblem(planned, error, ports.clock.now()))
    }
  }
  return { plan, problems, broken }
}

/** @returns the certificate that the hosts are to have */
async function renew(ports: CertificatePorts, deadline: number, site: Site): Promise<Certificate> {
  const names = certificateNames(site)
  const held = holdChallenges(ports, deadline, site)
  try {
    const issued = await ports.obtain(names, held.publish)
    const path = await patiently(ports.clock, deadline, () => ports.store(site.hostname, issued))
    const certificate: Certificate = {
      path,
      names,
      directory: ports.directory,
      notBefore: issued.notBefore.toISOString(),
      notAfter: issued.notAfter.toISOString(),
      ...(site.certificate ? { previous: site.certificate.path } : {}),
    }
    await patiently(ports.clock, deadline, () => ports.announce(site.hostname, certificate))
    const old = site.certificate?.previous
    if (old) await patiently(ports.clock, deadline, () => ports.discard(old))
    return certificate
  } finally {
    await held.withdraw()
  }
}
