// Why a site got no certificate, and who waits for what: the authority's no is final, everything else may pass.

import { CertificateRefused, ChallengeHindered, EdgeError, OrderWaits, RateLimited } from '../domain/errors.ts'
import { NO_PATIENCE, type Patience, type Problem } from '../domain/problem.ts'
import type { PlannedCertificate } from './plan.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

/** A message stays hidden for 12 hours at most (SQS, ChangeMessageVisibility); then the daily look asks anew. */
const LONGEST = 11 * HOUR

/** An authority or a zone that does not answer does so again, mostly soon. */
const OUTAGE: Patience = { againAfter: 5 * MINUTE, givesUpAfter: 3 * HOUR }

export function certificateProblem({ site, action, reason }: PlannedCertificate, error: unknown, now: number): Problem {
  return {
    name: 'CertificateNotObtained',
    message: `${site}: ${action === 'renew' ? 'the old one stays' : reason}: ${wordsOf(error)}`,
    site,
    instances: [],
    patience: patienceWith(error, now),
  }
}

function wordsOf(error: unknown): string {
  if (error instanceof RateLimited)
    return `the authority wants no order for ${Math.ceil(error.retryAfter / MINUTE)} min: ${error.message}`
  if (error instanceof CertificateRefused) return `the authority refuses: ${error.message}${adviceOn(error.message)}`
  if (error instanceof EdgeError || !(error instanceof Error)) return String((error as Error).message)
  return `${error.name}: ${error.message}`
}

/** What an authority's words mean to the owner of a zone. */
const ADVICE: readonly (readonly [RegExp, string])[] = [
  [
    /\bCAA\b/,
    'a CAA record at the name, or above it, admits other authorities only: add one for this authority, such as 0 issue "letsencrypt.org"',
  ],
  [
    /NXDOMAIN|no TXT record/i,
    'nobody outside sees the proof: does the registrar delegate the domain to the name servers of this zone, and is there no other zone for the name of the proof?',
  ],
]

function adviceOn(words: string): string {
  const [, advice] = ADVICE.find(([pattern]) => pattern.test(words)) ?? []
  return advice === undefined ? '' : ` (${advice})`
}

function patienceWith(error: unknown, now: number): Patience {
  if (error instanceof RateLimited) return waiting(error.retryAfter)
  if (error instanceof OrderWaits) return error.isLost ? NO_PATIENCE : waiting(error.until - now)
  if (error instanceof ChallengeHindered && error.until !== undefined) return waiting(error.until - now)
  if (error instanceof CertificateRefused || error instanceof ChallengeHindered) return NO_PATIENCE
  return OUTAGE
}

const waiting = (ms: number): Patience => {
  const againAfter = Math.min(LONGEST, Math.max(MINUTE, ms))
  return { againAfter, givesUpAfter: againAfter + 12 * HOUR }
}
