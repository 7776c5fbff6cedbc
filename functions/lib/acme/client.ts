// How an authority is spoken to: how long is waited for it, and what its answers mean to this service.
import type { Client as AcmeClient } from 'acme-client'
// Not by the package's own entry: that brings a second cryptography of 300 KB, which nothing here uses.
import axios from 'acme-client/src/axios.js'
import Client from 'acme-client/src/client.js'
import { CertificateRefused, EdgeError, RateLimited, TryLater } from '../domain/errors.ts'

/** By default the library itself waits, for hours if the authority asks for it. Here the queue waits instead. */
Object.assign(axios.defaults, {
  timeout: 15_000,
  // Bytes: no answer of an authority comes near.
  maxContentLength: 1_000_000,
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
    // GET fetches the directory alone. The directory belongs to no order, so every error of it is an outage and may pass.
    if (response.config.method === 'get') checkDirectory(status, data)
    return response
  },
  // The library's own handler trips over a request that got no answer at all: the error that arrives here may be its.
  (error) => {
    throw error instanceof EdgeError
      ? error
      : new TryLater('the certificate authority gives no answer', { cause: error })
  },
)

function checkDirectory(
  status: number,
  data: { readonly detail?: string; readonly newOrder?: string } | undefined,
): void {
  const answer = `the certificate authority answers ${status} to its directory`
  if (status >= 400) throw new TryLater(data?.detail ? `${answer}: ${data.detail}` : answer)
  if (!data?.newOrder) throw new TryLater(`${answer}, without an address for orders`)
}

/** Seconds or a date (RFC 9110, 10.2.3), as milliseconds. */
function retryAfter(header: unknown): number {
  const seconds = /^\d+$/.test(String(header)) ? Number(header) : (Date.parse(String(header)) - Date.now()) / 1000
  return seconds > 0 ? seconds * 1000 : USUAL_WAIT
}

/** Attempts and milliseconds: an authority needs some seconds from the word that a record is there to its verdict. */
const POLLING = { backoffAttempts: 20, backoffMin: 500, backoffMax: 3000 }

/** `accountKey` is PEM. */
export const clientOf = (directory: string, accountKey: string): AcmeClient =>
  new Client({ directoryUrl: directory, accountKey, ...POLLING })

/** What the library throws besides, is the authority's own word. */
export async function refusable<T>(request: Promise<T>, subject?: string): Promise<T> {
  try {
    return await request
  } catch (error) {
    if (error instanceof EdgeError || !(error instanceof Error)) throw error
    throw new CertificateRefused(subject ? `${subject}: ${error.message}` : error.message, { cause: error })
  }
}
