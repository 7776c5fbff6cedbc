// A certificate authority by ACME (RFC 8555): an order, the proof by DNS, and the certificate with its new key.
import { X509Certificate } from 'node:crypto'
import type { Client as AcmeClient, Authorization, Order } from 'acme-client'
// Not by the package's own entry: that brings a second cryptography of 300 KB, which nothing here uses.
import axios from 'acme-client/src/axios.js'
import Client from 'acme-client/src/client.js'
import crypto from 'acme-client/src/crypto/index.js'
import type { Challenge } from '../domain/challenge.ts'
import { CertificateRefused, EdgeError, RateLimited, TryLater, UnexpectedReply } from '../domain/errors.ts'

export interface Issued {
  /** PEM, PKCS 8. */
  readonly key: string
  /** PEM of the certificate, and of those between it and the root. */
  readonly certificate: string
  readonly chain: string
  /** Hexadecimal SHA-256 of the certificate. */
  readonly fingerprint: string
  readonly notBefore: Date
  readonly notAfter: Date
}

/** The library waits by itself, by default for hours where the authority says so: here the queue waits. */
Object.assign(axios.defaults, {
  timeout: 15_000,
  acmeSettings: { ...(axios.defaults as { acmeSettings?: object }).acmeSettings, retryMaxAttempts: 0 },
})

/** Where the authority names no time: Let's Encrypt counts failures by the hour. */
const USUAL_WAIT = 3600_000

axios.interceptors.response.use(
  (response) => {
    const { status, data } = response
    if (status === 429 || data?.type === 'urn:ietf:params:acme:error:rateLimited')
      throw new RateLimited(String(data?.detail ?? 'too many requests'), retryAfter(response.headers['retry-after']))
    if (status >= 500) throw new TryLater(`the certificate authority answers ${status}: ${data?.detail ?? 'no reason'}`)
    return response
  },
  // The library's own handler trips over a request that got no answer at all: the error that arrives here may be its.
  (error) => {
    throw error instanceof EdgeError
      ? error
      : new TryLater('the certificate authority gives no answer', { cause: error })
  },
)

/** Seconds or a date (RFC 9110, 10.2.3), as milliseconds. */
function retryAfter(header: unknown): number {
  const seconds = /^\d+$/.test(String(header)) ? Number(header) : (Date.parse(String(header)) - Date.now()) / 1000
  return seconds > 0 ? seconds * 1000 : USUAL_WAIT
}

/** Attempts and milliseconds: an authority needs some seconds from the word that a record is there to its verdict. */
const POLLING = { backoffAttempts: 20, backoffMin: 500, backoffMax: 3000 }

/** A new key of an account at the authority, EC P-256, PEM. */
export const newAccountKey = async (): Promise<string> => (await crypto.createPrivateEcdsaKey('P-256')).toString()

/**
 * One certificate for all of these names, under a key that is made here. `prove` has published every value when it resolves.
 * @throws CertificateRefused, RateLimited, TryLater, and whatever `prove` throws
 */
export async function obtain(
  directory: string,
  accountKey: string,
  names: readonly string[],
  prove: (challenges: readonly Challenge[]) => Promise<void>,
): Promise<Issued> {
  const client = new Client({ directoryUrl: directory, accountKey, ...POLLING })
  await haveAccount(client)
  const identifiers = names.map((value) => ({ type: 'dns' as const, value }))
  const order = await refusable(client.createOrder({ identifiers }))
  const open = (await refusable(client.getAuthorizations(order))).filter(({ status }) => status !== 'valid')
  try {
    await fulfil(client, open, prove)
  } catch (error) {
    // Authorities limit how many may be open.
    await Promise.allSettled(open.map((authorization) => client.deactivateAuthorization(authorization)))
    throw error
  }
  return finish(client, order, names)
}

/** The account that the key has at this authority, or a new one. */
async function haveAccount(client: AcmeClient): Promise<void> {
  try {
    await client.createAccount({ onlyReturnExisting: true })
  } catch (error) {
    if (error instanceof EdgeError) throw error
    await refusable(client.createAccount({ termsOfServiceAgreed: true }))
  }
}

async function fulfil(
  client: AcmeClient,
  open: readonly Authorization[],
  prove: (challenges: readonly Challenge[]) => Promise<void>,
): Promise<void> {
  const asked = open.map(({ identifier, challenges }) => {
    const challenge = challenges.find(({ type }) => type === 'dns-01')
    if (!challenge) throw new CertificateRefused(`${identifier.value}: the authority offers no proof by DNS`)
    return { hostname: identifier.value, challenge }
  })
  if (asked.length === 0) return
  const values = asked.map(async ({ hostname, challenge }) => ({
    hostname,
    value: await client.getChallengeKeyAuthorization(challenge),
  }))
  await prove(await Promise.all(values))
  const verdicts = asked.map(({ hostname, challenge }) =>
    refusable(
      client.completeChallenge(challenge).then(() => client.waitForValidStatus(challenge)),
      hostname,
    ),
  )
  await Promise.allSettled(verdicts)
  await Promise.all(verdicts)
}

async function finish(client: AcmeClient, order: Order, names: readonly string[]): Promise<Issued> {
  const key = (await crypto.createPrivateEcdsaKey('P-256')).toString()
  // Without a common name: it is obsolete, and holds at most 64 characters.
  const [, csr] = await crypto.createCsr({ altNames: [...names] }, key)
  const pem = await refusable(client.finalizeOrder(order, csr).then((final) => client.getCertificate(final)))
  return toIssued(key, pem)
}

/** The certificate comes first, then those that lead to the root (RFC 8555, 9.1). */
export function toIssued(key: string, pem: string): Issued {
  const [certificate, ...chain] = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
  if (!certificate || chain.length === 0) throw new UnexpectedReply('the authority sent no certificate with its chain')
  const { fingerprint256, validFromDate, validToDate } = new X509Certificate(certificate)
  return {
    key,
    certificate: `${certificate}\n`,
    chain: chain.map((one) => `${one}\n`).join(''),
    fingerprint: fingerprint256.replaceAll(':', '').toLowerCase(),
    notBefore: validFromDate,
    notAfter: validToDate,
  }
}

/** What the library throws besides, is the authority's own word. */
async function refusable<T>(request: Promise<T>, subject?: string): Promise<T> {
  try {
    return await request
  } catch (error) {
    if (error instanceof EdgeError || !(error instanceof Error)) throw error
    throw new CertificateRefused(subject ? `${subject}: ${error.message}` : error.message, { cause: error })
  }
}
