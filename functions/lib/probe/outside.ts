// What visitors get: port 80 and 443 of the instance, and the app's own port, asked from outside.

import { type Observation, type PlacedInstance, valueIn } from '../diagnosis/observation.ts'
import { isOk } from '../diagnosis/web.ts'
import { hasAccess, opens } from '../domain/app.ts'
import type { Site } from '../domain/site.ts'
import { askPage, askPath, askUpload, type HttpTarget } from './http.ts'
import { MARGIN, notAsked, observe, type Within } from './limited.ts'
import type { DiagnosePorts } from './ports.ts'
import { connect } from './tcp.ts'
import { askCertificate } from './tls.ts'

/**
 * Milliseconds. A closed app's port says nothing on every healthy site, and function and instance are of one region: a second would only make
 * everybody wait.
 */
const LIMIT = { tcp: 2_000, appPort: 800, http: 4_000 }

export type FromOutside = Pick<
  Observation,
  'port80' | 'appPort' | 'tls' | 'health' | 'unknownHost' | 'webSocket' | 'upload'
>

/** A name that nobody can have (RFC 2606). */
const NOBODY = 'ragstream-edge.invalid'

export async function lookFromOutside(
  site: Site,
  instance: PlacedInstance | undefined,
  ports: DiagnosePorts,
  within: Within,
): Promise<FromOutside> {
  const why = !ports.outside
    ? 'nobody outside can reach this machine'
    : instance?.state !== 'running' || !instance.publicIp
      ? 'no running instance with a public address'
      : undefined
  if (why !== undefined) {
    const none = notAsked(why)
    return { port80: none, appPort: none, tls: none, health: none, unknownHost: none, webSocket: none, upload: none }
  }
  const address = instance!.publicIp!
  const askHealth = (target: HttpTarget) => askPath(target, site.health.path)
  const tcp = (port: number, limit: number) =>
    observe(within(limit + MARGIN), () => connect(address, port, within(limit)))
  const http = (host: string, ask: (target: HttpTarget) => ReturnType<typeof askPath>) =>
    observe(within(LIMIT.http + MARGIN), () => ask({ address, port: ports.webPort, host, limit: within(LIMIT.http) }))
  // With a certificate, port 80 answers the health alone and leads everybody else to HTTPS.
  const page = (ask: (target: HttpTarget) => ReturnType<typeof askPath>) => {
    const way = site.certificate ? { port: ports.tlsPort, secure: true } : { port: ports.webPort }
    const target = { address, host: site.hostname, limit: within(LIMIT.http), ...way }
    return observe(within(LIMIT.http + MARGIN), () => ask(target))
  }
  const tls = () => {
    if (!site.certificate) return notAsked('the site has no certificate')
    const names = [site.hostname, ...site.aliases]
    return observe(within(LIMIT.tcp + MARGIN), () =>
      askCertificate({ address, port: ports.tlsPort, names, limit: within(LIMIT.tcp) }),
    )
  }
  const [port80, appPort, served, health, unknownHost, webSocket, upload] = await Promise.all([
    tcp(ports.webPort, LIMIT.tcp),
    tcp(site.container.hostPort, LIMIT.appPort),
    tls(),
    http(site.hostname, askHealth),
    http(NOBODY, askHealth),
    page((target) => askPage(target, site)),
    page(askUpload),
  ])
  return { port80, appPort, tls: served, health, unknownHost, webSocket, upload }
}

/** Everything that is asked from outside, and each answer as it should be: the host cannot say more. */
export const isWell = (site: Site, { health, unknownHost, webSocket, upload }: FromOutside): boolean => {
  const status = (seen: FromOutside['upload']): number | undefined => {
    const answer = valueIn(seen)
    return answer?.kind === 'answer' ? answer.status : undefined
  }
  const shut = valueIn(unknownHost)?.kind === 'ended'
  const page = opens(site, status(webSocket) ?? 0) && !hasAccess(site)
  return isOk(site, valueIn(health)) && page && status(upload) === 100 && shut
}
