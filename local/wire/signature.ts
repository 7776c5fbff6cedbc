// Who signed a request: Signature Version 4, checked by signing the same request again with the secret of its access key.
import { createHash, createHmac, randomBytes } from 'node:crypto'
import { SignatureV4 } from '@smithy/signature-v4'
import { ServiceError } from '../world/types.ts'
import type { SecretOf, WireRequest } from './service.ts'

/** Another one for each run. */
export function freshSecrets(): SecretOf {
  const run = randomBytes(32)
  return (accessKeyId) => createHmac('sha256', run).update(accessKeyId).digest('base64').slice(0, 40)
}

/** `Credential=<access key id>/<date>/<region>/<service>/aws4_request, SignedHeaders=<names>, Signature=<hex>` */
export interface Claim {
  readonly accessKeyId: string
  readonly region: string
  readonly signingName: string
  readonly signedHeaders: readonly string[]
}

/** Empty texts where there is none. */
export function claimOf({ headers }: WireRequest): Claim {
  const scope = /Credential=([^/,]+)\/\d+\/([^/,]+)\/([^/,]+)\/aws4_request/.exec(headers.authorization ?? '')
  const signed = /SignedHeaders=([^,]+)/.exec(headers.authorization ?? '')?.[1] ?? ''
  const [, accessKeyId = '', region = '', signingName = ''] = scope ?? []
  return { accessKeyId, region, signingName, signedHeaders: signed.split(';') }
}

/** As the SDK wants its hashes. */
class Sha256 {
  readonly #hash
  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', bytesOf(secret))
  }
  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(bytesOf(data))
  }
  async digest(): Promise<Uint8Array> {
    return this.#hash.digest()
  }
  reset(): void {
    throw new Error('a hash is used once')
  }
}

const bytesOf = (data: string | ArrayBuffer | ArrayBufferView): Buffer =>
  typeof data === 'string'
    ? Buffer.from(data)
    : ArrayBuffer.isView(data)
      ? Buffer.from(data.buffer, data.byteOffset, data.byteLength)
      : Buffer.from(data)

/** @throws ServiceError SignatureDoesNotMatch */
export async function verify(request: WireRequest, claim: Claim, secretOf: SecretOf): Promise<void> {
  const { accessKeyId, region, signingName: service, signedHeaders } = claim
  const signer = new SignatureV4({
    ...{ service, region, sha256: Sha256, applyChecksum: false },
    credentials: { accessKeyId, secretAccessKey: secretOf(accessKeyId) },
  })
  const headers = Object.fromEntries(signedHeaders.map((name) => [name, String(request.headers[name] ?? '')]))
  // A hash that the caller names is not believed.
  if (headers['x-amz-content-sha256'])
    headers['x-amz-content-sha256'] = createHash('sha256').update(request.body).digest('hex')
  const again = await signer.sign(
    {
      ...{
        method: request.method,
        protocol: 'http:',
        hostname: '',
        path: request.rawPath,
        headers,
        body: request.body,
      },
      query: Object.fromEntries([...new Set(request.query.keys())].map((key) => [key, request.query.getAll(key)])),
    },
    { signingDate: dateOf(request.headers['x-amz-date']), signableHeaders: new Set(signedHeaders) },
  )
  if (signatureIn(again.headers.authorization) === signatureIn(request.headers.authorization)) return
  throw new ServiceError(
    'SignatureDoesNotMatch',
    'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method.',
    403,
  )
}

const signatureIn = (authorization = ''): string => /Signature=([0-9a-f]{64})$/.exec(authorization)?.[1] ?? 'none'

/** `20261123T080000Z`; one of another form is no date that signs anything. */
function dateOf(header: unknown): Date {
  const [, year, month, day, hour, minute, second] =
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(String(header)) ?? []
  return new Date(second === undefined ? 0 : `${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
}
