// A certificate authority by ACME (RFC 8555): an order, the proof by DNS, and the certificate with its new key.
import { X509Certificate } from 'node:crypto'
import type { Authorization, Client, Order } from 'acme-client'
import crypto from 'acme-client/src/crypto/index.js'
import type { Challenge } from '../domain/challenge.ts'
import { CertificateRefused, UnexpectedReply } from '../domain/errors.ts'
import { haveAccount } from './account.ts'
import { clientOf, refusable } from './client.ts'

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
  const client = clientOf(directory, accountKey)
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

async function fulfil(
  client: Client,
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

async function finish(client: Client, order: Order, names: readonly string[]): Promise<Issued> {
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
