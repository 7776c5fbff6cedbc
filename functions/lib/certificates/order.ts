// Gets one certificate for one site: locks the names, reads the site again, proves the names, orders the certificate, stores it and announces it.

import { CertificateRefused, OrderWaits, RateLimited } from '../domain/errors.ts'
import type { Site } from '../domain/site.ts'
import { type Certificate, certificateNames } from '../domain/site-certificate.ts'
import type { SiteSet } from '../domain/site-set.ts'
import { patiently } from '../steps/patiently.ts'
import type { Issued, OrderSteps } from './authority.ts'
import { type OrderWait, standsInTheWay, waitForAuthority, waitWhileFinishing } from './order-wait.ts'
import { type PlannedCertificate, planCertificate } from './plan.ts'
import { type ChallengePorts, type HeldChallenges, holdChallenges } from './proof.ts'

export interface OrderPorts extends ChallengePorts {
  readSites(): Promise<SiteSet>
  /** The directory of the authority. */
  readonly directory: string
  /** @throws CertificateRefused, RateLimited, TryLater */
  obtain(names: readonly string[], steps: OrderSteps): Promise<Issued>
  /** @returns the path below which the certificate belongs */
  storeKey(hostname: string, key: string): Promise<string>
  storeCertificate(path: string, issued: Issued): Promise<void>
  /** Writes the certificate's document. Its change event makes the hosts fetch the certificate. */
  announce(hostname: string, certificate: Certificate): Promise<void>
  /** Deletes key and certificate at a path of `storeKey`. */
  discard(path: string): Promise<void>
  readWait(hostname: string): Promise<OrderWait | undefined>
  writeWait(hostname: string, wait: OrderWait): Promise<void>
  /** Overwrites it with NOTHING: the next order may write it again at once. */
  dropWait(hostname: string): Promise<void>
}

export interface OrderRun {
  readonly deadline: number
  /** Hears of what was not tidied up: a later run does that. */
  readonly onLeft: (what: string, error: unknown) => void
}

/** What became of a certificate that seemed due. */
export interface Ordered {
  readonly planned: PlannedCertificate
  /** The certificate that the hosts serve from now on. */
  readonly certificate?: Certificate
}

/** @throws CertificateRefused, RateLimited, OrderWaits, ChallengeHindered, OutOfTime */
export async function orderCertificate(ports: OrderPorts, run: OrderRun, site: Site): Promise<Ordered> {
  await waitOf(ports, run, site)
  const held = holdChallenges(ports, run.deadline, site)
  try {
    await held.take()
    // The run that held the names before may have ended since this run read the site, well or badly.
    const now = await readAgain(ports, run, site)
    const planned = planAgain(ports, site, now)
    if (!now || planned.action === 'keep') return { planned }
    const certificate = await order(ports, run, now, held)
    await discardOld(ports, run, now)
    return { planned, certificate }
  } finally {
    await tidy(run, `the proofs for ${site.hostname} in its zone`, held.withdraw)
  }
}

async function readAgain({ readSites, clock }: OrderPorts, { deadline }: OrderRun, { hostname }: Site) {
  const { sites } = await patiently(clock, deadline, readSites)
  return sites.find((one) => one.hostname === hostname && one.tls === 'acme')
}

function planAgain({ directory, clock }: OrderPorts, site: Site, now: Site | undefined): PlannedCertificate {
  if (now && certificateNames(now).join() === certificateNames(site).join())
    return planCertificate(now, directory, clock.now())
  return {
    site: site.hostname,
    action: 'keep',
    reason: 'the site changed in the meantime, and brings a message of its own',
  }
}

/** @throws OrderWaits while one stands in the way */
async function waitOf(ports: OrderPorts, { deadline }: OrderRun, site: Site): Promise<OrderWait | undefined> {
  const { clock, directory } = ports
  const wait = await patiently(clock, deadline, () => ports.readWait(site.hostname))
  if (wait && standsInTheWay(wait, { names: certificateNames(site), directory }, clock.now()))
    throw new OrderWaits(`no order before ${wait.until}: ${wait.reason}`, Date.parse(wait.until))
  return wait
}

async function order(ports: OrderPorts, run: OrderRun, site: Site, held: HeldChallenges): Promise<Certificate> {
  const { hostname } = site
  const subject = { names: certificateNames(site), directory: ports.directory }
  const within = <T>(act: () => Promise<T>) => patiently(ports.clock, run.deadline, act)
  const before = await waitOf(ports, run, site)
  let noted: OrderWait | undefined
  const note = async () => {
    const wait = waitWhileFinishing(subject, before, ports.clock.now())
    await within(() => ports.writeWait(hostname, wait))
    noted = wait
  }
  const drop = () => tidy(run, `the wait of ${hostname}`, () => within(() => ports.dropWait(hostname)))
  try {
    const certificate = await deliver(ports, run, site, { prove: held.publish, note })
    await drop()
    return certificate
  } catch (error) {
    if (error instanceof RateLimited) {
      const wait = waitForAuthority(subject, before, error, ports.clock.now())
      await tidy(run, `the wait of ${hostname}`, () => within(() => ports.writeWait(hostname, wait)))
    } else if (noted && error instanceof CertificateRefused) await drop()
    else if (noted) throw spent(noted, error)
    throw error
  }
}

/** `note` resolves before the order is finished: from then on a certificate may have been spent. */
async function deliver(
  ports: OrderPorts,
  { deadline }: OrderRun,
  site: Site,
  { prove, note }: Pick<OrderSteps, 'prove'> & { note(): Promise<void> },
): Promise<Certificate> {
  const { hostname } = site
  const names = certificateNames(site)
  const within = <T>(act: () => Promise<T>) => patiently(ports.clock, deadline, act)
  let path = ''
  const issued = await ports.obtain(names, {
    prove,
    // A vault that refuses is found before a certificate is spent.
    keep: async (key) => {
      path = await within(() => ports.storeKey(hostname, key))
      await note()
    },
  })
  await within(() => ports.storeCertificate(path, issued))
  const certificate = toDocument(site, { names, directory: ports.directory }, path, issued)
  await within(() => ports.announce(hostname, certificate))
  return certificate
}

/** The certificate before the last one: no host is fetching it any more. */
async function discardOld(ports: OrderPorts, run: OrderRun, { hostname, certificate }: Site): Promise<void> {
  const old = certificate?.previous
  if (old === undefined) return
  const act = () => patiently(ports.clock, run.deadline, () => ports.discard(old))
  await tidy(run, `the certificate before the last of ${hostname}`, act)
}

function toDocument(
  { certificate }: Site,
  subject: Pick<Certificate, 'names' | 'directory'>,
  path: string,
  { notBefore, notAfter }: Issued,
): Certificate {
  return {
    ...{ path, ...subject, notBefore: notBefore.toISOString(), notAfter: notAfter.toISOString() },
    ...(certificate ? { previous: certificate.path } : {}),
  }
}

const spent = ({ until, reason, spent: times }: OrderWait, cause: unknown): OrderWaits =>
  new OrderWaits(`${reason}: ${(cause as Error).message}; no other is ordered before ${until}`, Date.parse(until), {
    isLost: times > 1,
    cause,
  })

/** What fails here changes nothing of what was achieved, or hindered it, before. */
const tidy = ({ onLeft }: OrderRun, what: string, act: () => Promise<void>): Promise<void> =>
  act().catch((error) => onLeft(what, error))
