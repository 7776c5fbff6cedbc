// What a request on a rendered host gets, by what nginx has loaded and by which containers run with which publish.
import type { Location, Server } from './nginx-configuration.ts'
import type { HostState } from './state.ts'
import { statusOf } from './use.ts'

export interface Answer {
  readonly status: number
  readonly body: string
}

/** A TCP connection that nobody accepts, or that ends, or is reset, before an answer. */
export type NoAnswer = 'refused' | 'ended' | 'reset'

/** `upgrade`: a handshake for a WebSocket. */
export function request(
  state: HostState,
  port: number,
  host: string,
  path: string,
  upgrade = false,
): Answer | NoAnswer {
  return port === 80 ? throughNginx(state, host, path, upgrade) : fromApp(state, port, path, upgrade)
}

function throughNginx(state: HostState, host: string, path: string, upgrade: boolean): Answer | NoAnswer {
  if (!state.services.nginx?.active) return 'refused'
  const chosen = chooseServer(state.servers, host)
  // A status that nginx knows only for itself: it closes the connection.
  if (chosen?.answer?.[0] === '444') return 'ended'
  if (chosen?.answer) return { status: Number(chosen.answer[0]), body: chosen.answer[1] ?? '' }
  const place = chosen && chooseLocation(chosen.locations, path)
  if (place?.answer) return { status: Number(place.answer[0]), body: place.answer[1] ?? '' }
  if (place?.tellsUse) return { status: 200, body: statusOf(state) }
  if (place?.check) {
    const app = throughNginx(state, host, place.check, false)
    const healthy = typeof app !== 'string' && app.status >= 200 && app.status < 300
    return healthy
      ? { status: 200, body: 'ok' }
      : { status: 503, body: '<html>503 Service Temporarily Unavailable</html>' }
  }
  if (!place?.proxyPass) return { status: 404, body: '<html>404 Not Found</html>' }
  const port = /^http:\/\/127\.0\.0\.1:(\d+)$/.exec(place.proxyPass)?.[1]
  const passedOn = upgrade && place.headers.Upgrade !== undefined
  const answer = port === undefined ? 'refused' : fromApp(state, Number(port), place.proxyPath ?? path, passedOn)
  return typeof answer === 'string' ? { status: 502, body: '<html>502 Bad Gateway</html>' } : answer
}

/** By name, else the default server, else the first one (nginx.org, "How nginx processes a request"). */
function chooseServer(servers: readonly Server[], host: string): Server | undefined {
  const name = host.replace(/:\d+$/, '').toLowerCase()
  return servers.find(({ names }) => names.includes(name)) ?? servers.find(({ isDefault }) => isDefault) ?? servers[0]
}

function chooseLocation(locations: readonly Location[], path: string): Location | undefined {
  const exact = locations.find((location) => location.exact && location.path === path)
  const prefixes = locations.filter((location) => !location.exact && path.startsWith(location.path))
  return exact ?? prefixes.sort((a, b) => b.path.length - a.path.length)[0]
}

// Only a publish on the loopback address counts here: any other is not the picture that this host is to show.
function fromApp(state: HostState, port: number, path: string, upgrade: boolean): Answer | NoAnswer {
  for (const { running, publish, image } of state.containers) {
    const mapping = publish.find(({ hostIp, hostPort }) => hostIp === '127.0.0.1' && hostPort === port)
    if (!running || !mapping) continue
    const app = state.images[image]
    // Nothing listens inside: docker-proxy accepts and resets.
    if (!app || app.health === null || app.listens !== mapping.containerPort) return 'reset'
    if (upgrade && path === app.streamPath) return { status: 101, body: '' }
    // Streamlit answers any path that it does not know with its page.
    return { status: 200, body: path === app.healthPath ? app.health : '<!doctype html><title>Streamlit</title>' }
  }
  return 'refused'
}
