// What came through port 80, or 443 where the page lives there, from outside or as the host itself sees it.

import { hasAccess, isHealthy, opens, saysHealthy } from '../domain/app.ts'
import type { Site } from '../domain/site.ts'
import type { HostCertificate, Inspection } from '../hosts/inspection.ts'
import { type HttpAnswer, type Observation, type ServedCertificate, valueIn } from './observation.ts'

/** Where an answer through nginx comes from: the outside decides where it was reached, else the host's own look. */
export interface Web {
  readonly from: 'outside' | 'host'
  readonly answer: HttpAnswer
}

/** The health, as it comes through nginx. */
export const isOk = (site: Site, answer: HttpAnswer | undefined): boolean =>
  answer?.kind === 'answer' && saysHealthy(site, answer)

/** Reached: nginx, or whoever holds port 80, has at least taken the connection. */
const reached = (seen: Observation): boolean => valueIn(seen.port80) === 'open'

/** With a certificate the page lives on 443. */
const reachedPage = (seen: Observation): boolean => (seen.site.certificate ? isServedOutside(seen) : reached(seen))

/** A handshake from outside came to its end. */
export const isServedOutside = ({ tls }: Observation): boolean => valueIn(tls)?.kind === 'served'

/**
 * The certificate that visitors are shown; where the outside is not let in, as the host itself sees it. A resting instance,
 * or a site without a certificate, shows none.
 */
export function shown({ seen, inspection }: WithHost): ServedCertificate | undefined {
  const tls = seen.site.certificate && valueIn(seen.tls)
  if (tls?.kind === 'served') return tls.certificate
  const own = seen.site.certificate && inspection?.certificate
  return own ? asServed(own, seen.site) : undefined
}

interface WithHost {
  readonly seen: Observation
  readonly inspection: Inspection | undefined
}

/** The host knows no list of authorities that is worth asking. */
const asServed = ({ names, issuer, until, alone }: HostCertificate, site: Site): ServedCertificate => ({
  ...{ names, issuer, validTo: Date.parse(until), chain: alone ? 'incomplete' : 'unjudged' },
  lacks: [site.hostname, ...site.aliases].filter(
    (name) => ![name, wildcardOf(name)].some((one) => names.includes(one)),
  ),
})

const wildcardOf = (name: string): string => name.replace(/^[^.]+/, '*')

export function webHealth(seen: Observation, inspection: Inspection | undefined): Web | undefined {
  const outside = valueIn(seen.health)
  if (outside && (reached(seen) || outside.kind === 'answer')) return { from: 'outside', answer: outside }
  if (!inspection) return undefined
  const { nginx } = inspection.answers
  if (nginx && nginx.status > 0) return { from: 'host', answer: { kind: 'answer', server: undefined, ...nginx } }
  if (inspection.nginx.unknownHost === 'refused' || inspection.nginx.active === false)
    return { from: 'host', answer: { kind: 'refused' } }
  // A busy host that could not look in time: no proof of anything.
  if (!nginx) return undefined
  return { from: 'host', answer: { kind: inspection.rendering.live === null ? 'ended' : 'silent' } }
}

export function webSocketOf(seen: Observation, inspection: Inspection | undefined): Web | undefined {
  const outside = valueIn(seen.webSocket)
  if (outside && (reachedPage(seen) || outside.kind === 'answer')) return { from: 'outside', answer: outside }
  if (!inspection) return undefined
  const status = inspection.answers.nginxWebSocket
  // 0 is also what a busy host says that could not look in time: no proof of anything.
  return status > 0 ? { from: 'host', answer: { kind: 'answer', status, server: undefined, body: '' } } : undefined
}

/** nginx does not run: systemd says so; or it did not say in time, and connections are refused. */
export const isStopped = (inspection: Inspection | undefined): boolean => {
  const { active, unknownHost } = inspection?.nginx ?? {}
  return active === false || (active === null && unknownHost === 'refused')
}

/** nginx's own refusal is a page; Streamlit's, of a handshake that lost its Host, is not. */
const isPage = (body: string): boolean => /<html/i.test(body)

/** Refused by the site's own `access`, which nginx has with a certificate only. */
export function isGuarded({ access, certificate }: Site, web: Web | undefined): boolean {
  if (!certificate || web?.answer.kind !== 'answer') return false
  const { status, body } = web.answer
  if (status === 401) return access.passwordsPath !== null
  return status === 403 && access.networks.length > 0 && (web.from === 'host' || isPage(body))
}

/** With `access` and without HTTPS, or without the list of visitors, the host lets nobody in. */
export const isShut = (site: Site, web: Web | undefined): boolean =>
  hasAccess(site) && web?.answer.kind === 'answer' && web.answer.status === 503

/** The page opens: its WebSocket, or of a site without one what / answers. */
export const isOpen = (site: Site, web: Web | undefined): boolean =>
  web?.answer.kind === 'answer' && opens(site, web.answer.status)

export function described(answer: HttpAnswer): string {
  if (answer.kind === 'ended') return 'the connection ended without an answer'
  if (answer.kind === 'refused') return 'connection refused'
  if (answer.kind === 'silent') return 'no answer in time'
  const body = answer.body.replace(/\s+/g, ' ').trim()
  return `${answer.status}${body ? ` "${body.length > 40 ? `${body.slice(0, 40)}…` : body}"` : ''}`
}

interface Health {
  readonly health: Web | undefined
}

/** Status of what came through port 80 for the site's name; undefined where nothing came. */
export const statusOf = ({ health }: Health): number | undefined =>
  health?.answer.kind === 'answer' ? health.answer.status : undefined

/** The site's name gets what an unknown one gets, so that nobody serves the name itself. */
export function likeStrangers({ seen, health }: Health & { readonly seen: Observation }): boolean {
  const other = valueIn(seen.unknownHost)
  const own = health?.answer
  if (other?.kind !== 'answer' || own?.kind !== 'answer') return false
  return other.status === own.status && other.body === own.body
}

/** What nginx says in its own name where it gets nothing from the app. */
export const BY_NGINX = [502, 503, 504]

export const isUp = (site: Site, { nginx }: Inspection['answers']): boolean =>
  nginx !== null && saysHealthy(site, nginx)

/** The app itself, on its loopback port. */
export const isReady = (site: Site, { app }: Inspection['answers']): boolean => app !== null && isHealthy(site, app)
