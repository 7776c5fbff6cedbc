// The account at an authority, which is its key: made, found again, and given another key.
import type { Client } from 'acme-client'
import crypto from 'acme-client/src/crypto/index.js'
import { EdgeError } from '../domain/errors.ts'
import { clientOf, refusable } from './client.ts'

/** A new key of an account at the authority, EC P-256, PEM. */
export const newAccountKey = async (): Promise<string> => (await crypto.createPrivateEcdsaKey('P-256')).toString()

/** The account of this key at the authority, or a new account. Another run may be making it at the same moment. */
export async function haveAccount(client: Client): Promise<void> {
  if (await hasAccount(client)) return
  try {
    await refusable(client.createAccount({ termsOfServiceAgreed: true }))
  } catch (error) {
    if (!(await hasAccount(client))) throw error
  }
}

async function hasAccount(client: Client): Promise<boolean> {
  try {
    await client.createAccount({ onlyReturnExisting: true })
    return true
  } catch (error) {
    if (error instanceof EdgeError) throw error
    return false
  }
}

/**
 * Gives the account another key (RFC 8555, 7.3.5): from then on the old one opens nothing. An account that has the new one already
 * is left as it is, so that a run that was killed after this can be repeated.
 * @throws CertificateRefused, RateLimited, TryLater
 */
export async function changeAccountKey(directory: string, oldKey: string, newKey: string): Promise<void> {
  if (await hasAccount(clientOf(directory, newKey))) return
  const client = clientOf(directory, oldKey)
  await haveAccount(client)
  await refusable(client.updateAccountKey(newKey))
}
