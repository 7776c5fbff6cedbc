// The proof by DNS: TXT records that are there while a certificate is being obtained, and gone afterwards.

import { ChallengeHindered, OutOfTime } from '../domain/errors.ts'
import { hostnameOf, type RecordChange, type RecordSet, sameRecord } from '../domain/record.ts'
import type { DnsRole, Site } from '../domain/site.ts'
import { certificateNames } from '../domain/site-certificate.ts'
import type { Clock } from '../steps/clock.ts'
import { patiently } from '../steps/patiently.ts'
import { type Challenge, challengeRecord, claim, leaseRecord, standingOf } from './challenge.ts'
import { challengeName } from './plan.ts'

export interface ChallengePorts {
  /** `role`: of the account in which the zone lies. */
  listRecords(zoneId: string, names: readonly string[], role: DnsRole): Promise<readonly RecordSet[]>
  /** @returns the id of the change */
  changeRecords(zoneId: string, changes: readonly RecordChange[], comment: string, role: DnsRole): Promise<string>
  isInSync(changeId: string, role: DnsRole): Promise<boolean>
  readonly clock: Clock
}

/** Milliseconds of the function's time that are kept for what comes after the proof: the authority's look, and cleaning up. */
const RESERVE = 130_000

/** Milliseconds that a claim on the names outlives the function that made it: as many, and a part of as many more. */
const GRACE = 60_000

/** Milliseconds between two questions whether the name servers have the records; it takes them up to a minute. */
const ASK_AGAIN = 1_000

export interface HeldChallenges {
  /**
   * Takes all the names for this run, before the authority is asked anything.
   * @throws ChallengeHindered, BatchRejected, OutOfTime
   */
  take(): Promise<void>
  /**
   * Resolves when every name server of the zone answers with the proofs.
   * @throws BatchRejected, OutOfTime
   */
  publish(challenges: readonly Challenge[]): Promise<void>
  withdraw(): Promise<void>
}

/** The challenge records of one site, for one order. */
export function holdChallenges(ports: ChallengePorts, deadline: number, site: Site): HeldChallenges {
  const { clock } = ports
  // Two runs that end in the same moment must still know their own records.
  const until = deadline + GRACE + Math.floor(clock.random() * GRACE)
  const leases = certificateNames(site).map((hostname) => leaseRecord(hostname, until))
  // Each is noted before its call, which may be applied although its answer is lost.
  let held: readonly RecordSet[] = []
  return {
    async take() {
      const found = await recordsAt(ports, deadline, site)
      const changes = leases.map((record) => claimName(record, found, clock.now()))
      held = leases
      await change(ports, deadline, site, changes)
    },
    async publish(challenges) {
      const changes = challenges.map((challenge): RecordChange => {
        const record = challengeRecord(challenge, until)
        return { action: 'replace', record, previous: leases.find(({ name }) => name === record.name)! }
      })
      held = [...leases, ...changes.flatMap((one) => (one.action === 'replace' ? one.record : []))]
      await arrival(ports, deadline - RESERVE, site, await change(ports, deadline, site, changes))
    },
    async withdraw() {
      if (held.length === 0) return
      const found = await recordsAt(ports, deadline, site)
      await drop(
        ports,
        deadline,
        site,
        found.filter((record) => held.some((mine) => sameRecord(mine, record))),
      )
    },
  }
}

const change = (ports: ChallengePorts, deadline: number, site: Site, changes: readonly RecordChange[]) =>
  patiently(ports.clock, deadline, () => ports.changeRecords(site.hostedZoneId, changes, COMMENT, site.dnsRoleArn))

/** Clears what a killed run left at the names of a site. */
export async function sweepChallenges(ports: ChallengePorts, deadline: number, site: Site): Promise<void> {
  const found = await recordsAt(ports, deadline, site)
  const left = found.filter((record) => standingOf([record], ports.clock.now()).kind === 'left')
  await drop(ports, deadline, site, left)
}

const COMMENT = 'ragstream-edge: proof for a certificate'

function recordsAt(
  { listRecords, clock }: ChallengePorts,
  deadline: number,
  site: Site,
): Promise<readonly RecordSet[]> {
  const names = certificateNames(site).map(challengeName)
  return patiently(clock, deadline, () => listRecords(site.hostedZoneId, names, site.dnsRoleArn))
}

/** @throws ChallengeHindered where the name is somebody else's, or another run's */
function claimName(record: RecordSet, found: readonly RecordSet[], now: number): RecordChange {
  const standing = standingOf(
    found.filter(({ name }) => name === record.name),
    now,
  )
  const name = hostnameOf(record)
  if (standing.kind === 'foreign')
    throw new ChallengeHindered(`${name}: found ${standing.found}, wanted no TXT or CNAME record there`)
  if (standing.kind === 'busy')
    throw new ChallengeHindered(
      `${name}: another run may be at work until ${standing.until}`,
      Date.parse(standing.until),
    )
  return claim(record, standing)
}

async function arrival(
  { isInSync, clock }: ChallengePorts,
  deadline: number,
  { dnsRoleArn }: Site,
  change: string,
): Promise<void> {
  while (!(await patiently(clock, deadline, () => isInSync(change, dnsRoleArn)))) {
    if (clock.now() + ASK_AGAIN >= deadline)
      throw new OutOfTime('the zone’s name servers did not have the challenge records in time')
    await clock.sleep(ASK_AGAIN)
  }
}

async function drop(ports: ChallengePorts, deadline: number, site: Site, records: readonly RecordSet[]): Promise<void> {
  if (records.length === 0) return
  const changes = records.map((previous): RecordChange => ({ action: 'delete', previous }))
  await change(ports, deadline, site, changes)
}
