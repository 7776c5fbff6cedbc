// One TLS handshake for a site's name: which certificate a visitor is shown, and whether its chain leads on.

import { checkServerIdentity, connect, type DetailedPeerCertificate, type TLSSocket } from 'node:tls'
import type { ServedCertificate, TlsAnswer } from '../diagnosis/observation.ts'
import { plainText, plainTexts } from '../domain/plain-text.ts'
import { FAILURES } from './http.ts'

export interface TlsTarget {
  readonly address: string
  readonly port: number
  /** Of the site; the first is asked for. */
  readonly names: readonly string[]
  /** Milliseconds after which no answer is `silent`. */
  readonly limit: number
}

/** Reads the certificate, valid or not, and sends nothing after the handshake. Never fails. */
export function askCertificate({ address, port, names, limit }: TlsTarget): Promise<TlsAnswer> {
  const { promise, resolve } = Promise.withResolvers<TlsAnswer>()
  const socket = connect({ host: address, port, servername: names[0]!, rejectUnauthorized: false })
  const end = (answer: TlsAnswer): void => {
    clearTimeout(timer)
    resolve(answer)
    socket.destroy()
  }
  const timer = setTimeout(() => end({ kind: 'silent' }), limit)
  socket.once('secureConnect', () => end({ kind: 'served', certificate: certificateOf(socket, names) }))
  socket.once('error', ({ code = '' }: NodeJS.ErrnoException) => end({ kind: FAILURES[code] ?? 'ended' }))
  socket.once('close', () => end({ kind: 'ended' }))
  return promise
}

/** A certificate of somebody else may have thousands; they stand in one sentence. */
const MOST_NAMES = 20

const namesOf = ({ subjectaltname = '' }: DetailedPeerCertificate): string[] =>
  subjectaltname.split(', ').flatMap((one) => /^DNS:(.*)$/s.exec(one)?.[1] ?? [])

function certificateOf(socket: TLSSocket, names: readonly string[]): ServedCertificate {
  const shown = socket.getPeerCertificate(true)
  return {
    names: plainTexts(namesOf(shown).slice(0, MOST_NAMES)),
    lacks: names.filter((name) => checkServerIdentity(name, shown) !== undefined),
    issuer: plainText([shown.issuer?.O, shown.issuer?.CN].flat().filter(Boolean).join(' '), 200) || 'nobody',
    validTo: Date.parse(shown.valid_to),
    chain: chainOf(socket, shown),
  }
}

/** What OpenSSL says of a chain whose end it does not know; of one that is only too old, it says that instead. */
const UNKNOWN_END = [
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'CERT_UNTRUSTED',
]

function chainOf({ authorizationError }: TLSSocket, shown: DetailedPeerCertificate): ServedCertificate['chain'] {
  if (!UNKNOWN_END.includes(String(authorizationError ?? ''))) return 'trusted'
  const isAlone = shown.issuerCertificate === undefined
  return isAlone ? 'incomplete' : 'untrusted'
}
