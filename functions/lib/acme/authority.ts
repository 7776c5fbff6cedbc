// A certificate authority by ACME (RFC 8555): an order, the proof by DNS, and the certificate with its new key.
import { createPrivateKey, createPublicKey, hash, X509Certificate } from 'node:crypto'
import type { Authorization, Client, Order } from 'acme-client'
import crypto from 'acme-client/src/crypto/index.js'
import type { Issued, OrderSteps } from '../certificates/authority.ts'
import type { Challenge } from '../certificates/challenge.ts'
import { CertificateRefused, UnexpectedReply } from '../domain/errors.ts'
import { plainText } from '../domain/plain-text.ts'
import { haveAccount } from './account.ts'
import { clientOf, refusable } from './client.ts'

/**
 * One certificate for all of these names, under a key that is made here.
 * @throws CertificateRefused where none was issued; RateLimited, TryLater, UnexpectedReply, and whatever the steps throw
 */
export async function obtain(
  directory: string,
  accountKey: string,
  names: readonly string[],
  steps: OrderSteps,
): Promise<Issued> {
  const client = clientOf(directory, accountKey)
  await haveAccount(client)
  const identifiers = names.map((value) => ({ type: 'dns' as const, value }))
  const order = await refusable(client.createOrder({ identifiers }))
  onlyFor(names, hostnamesOf(order.identifiers), 'the order is for')
  const authorizations = await refusable(client.getAuthorizations(order))
  onlyFor(names, hostnamesOf(authorizations.map(({ identifier }) => identifier)), 'proofs are wanted for')
  const open = authorizations.filter(({ status }) => status !== 'valid')
  try {
    await fulfil(client, open, steps.prove)
  } catch (error) {
    // Authorities limit how many may be open.
    await Promise.allSettled(open.map((authorization) => client.deactivateAuthorization(authorization)))
    throw error
  }
  const key = (await crypto.createPrivateEcdsaKey('P-256')).toString()
  await steps.keep(key)
  return finish(client, order, names, key)
}

const hostnamesOf = (identifiers: readonly { readonly value: string }[]): string[] =>
  identifiers.map(({ value }) => value)

/** Refuses answers about names that we did not ask for: nothing is proved and nothing is stored for them. @throws UnexpectedReply */
function onlyFor(names: readonly string[], found: readonly string[], what: string): void {
  const [said, wanted] = [found, names].map((list) => list.toSorted().join(', '))
  if (said !== wanted) throw new UnexpectedReply(`the authority: ${what} ${plainText(said!)}, wanted ${wanted}`)
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

async function finish(client: Client, order: Order, names: readonly string[], key: string): Promise<Issued> {
  // Without a common name: it is obsolete, and holds at most 64 characters.
  const [, csr] = await crypto.createCsr({ altNames: [...names] }, key)
  const final = await refusable(client.finalizeOrder(order, csr))
  try {
    return toIssued(await client.getCertificate(final), names, key)
  } catch (error) {
    const { status } = await client.getOrder(order)
    if (status === 'invalid' && error instanceof Error)
      throw new CertificateRefused(`the order became invalid: ${error.message}`, { cause: error })
    throw error
  }
}

/** Of its public half, so that a new key has a new name, and the name is known before there is a certificate. */
export const nameOfKey = (key: string): string =>
  hash('sha256', createPublicKey(key).export({ type: 'spki', format: 'der' }), 'hex').slice(0, 32)

/** An advanced parameter of Parameter Store holds no more; the chain of Let's Encrypt has 3,523 in November 2026. */
const MOST_CHARACTERS = 8192

/** The certificate comes first, then those that lead to the root (RFC 8555, 9.1). */
function toIssued(pem: string, names: readonly string[], key: string): Issued {
  const [certificate, ...chain] = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
  if (!certificate || chain.length === 0) throw new UnexpectedReply('the authority sent no certificate with its chain')
  const read = readCertificate(certificate)
  onlyFor(names, namesIn(read), 'the certificate is for')
  if (!read.checkPrivateKey(createPrivateKey(key)))
    throw new UnexpectedReply('the authority: the certificate is for another key than the one of its order')
  const parts = { certificate: `${certificate}\n`, chain: chain.map((one) => `${one}\n`).join('') }
  for (const [part, { length }] of Object.entries(parts))
    if (length > MOST_CHARACTERS)
      throw new UnexpectedReply(
        `the authority: its ${part} has ${length} characters, wanted at most ${MOST_CHARACTERS}`,
      )
  return { ...parts, notBefore: read.validFromDate, notAfter: read.validToDate }
}

const namesIn = ({ subjectAltName = '' }: X509Certificate): string[] =>
  subjectAltName.split(', ').map((one) => one.replace(/^DNS:/, ''))

function readCertificate(pem: string): X509Certificate {
  try {
    return new X509Certificate(pem)
  } catch (cause) {
    throw new UnexpectedReply('the authority sent no certificate that can be read', { cause })
  }
}
