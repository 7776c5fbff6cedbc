// The app of a site: what the service asks of it, and which answer is the right one. Left out, both are Streamlit's (1.30 and newer).

import * as v from 'valibot'
import type { FieldError } from './field-error.ts'
import { field, HTTP_PATH, orNull, text, whole } from './schema.ts'

const path = text(whole(`(?=.{1,128}$)${HTTP_PATH}`), 'a path of letters, digits, - _ . and /, such as /healthz')
const line = text(/^[!-~]([ -~]{0,62}[!-~])?$/, '1 to 64 printable characters of ASCII, or null for any 2xx')

export interface App {
  /** Streamlit answers any path that it does not know with 200 and its page. */
  readonly health: { readonly path: string; readonly body: string | null }
  readonly websocket: string | null
}

/** What a site has that says nothing else. */
export const STREAMLIT = {
  health: { path: '/_stcore/health', body: 'ok' },
  websocket: '/_stcore/stream',
} as const

const health = v.strictObject({
  path: field(
    path,
    STREAMLIT.health.path,
    'Path that says whether the app is ready. With tls this path is open to strangers, also on port 80. When a visitor requests this path, nginx sends its own request to the app, without headers, cookies and query of the visitor. So choose a path that no page uses, and never /.',
  ),
  body: field(
    orNull(line),
    STREAMLIT.health.body,
    'The text that the app sends, with status 200, when the app is ready. White space around the text does not count. null: any 2xx with any answer. A site with access must not have null here. With access, nginx answers strangers itself, with ok or 503.',
  ),
})

/** Fields of a site. */
export const appFields = {
  health: field(health, {}, 'How the app says that it is ready.'),
  websocket: field(
    orNull(path),
    STREAMLIT.websocket,
    'Path of the WebSocket of a page. The site is live when this WebSocket opens. null: the app has no WebSocket. Then the path / must answer with a status below 500.',
  ),
}

interface Guarded {
  readonly access: { readonly networks: readonly string[]; readonly passwordsPath: string | null }
}

/** Visitors are to be kept out, or asked for a password. */
export const hasAccess = ({ access }: Guarded): boolean => access.networks.length > 0 || access.passwordsPath !== null

/** Takes uploads. It is never reached: nginx refuses by the length that a request names. */
export const UPLOAD = '/_stcore/upload_file/diagnose/none'

/** The host's own location says which rendering is loaded. */
const TAKEN = '/_ragstream-edge'

export interface WithApp extends App, Guarded {
  readonly tls: string
}

const healthPath = (path: string, wanted: string): FieldError => ({
  ...{ path: 'health/path', found: JSON.stringify(path), wanted },
})

export const APP_RULES: readonly ((site: WithApp) => FieldError[])[] = [
  ({ health: { path } }) => (path === TAKEN ? [healthPath(path, 'a path of the app: this one is nginx’s')] : []),
  ({ health: { path }, tls }) =>
    path === '/' && tls === 'acme'
      ? [healthPath(path, 'another path with tls: it is open to strangers, and gets no cookies')]
      : [],
  (site) => {
    const wanted = 'a text with access: a page must not pass for an app that is ready'
    return site.health.body === null && hasAccess(site) ? [{ path: 'health/body', found: 'null', wanted }] : []
  },
]

interface Answer {
  readonly status: number
  readonly body: string
}

const answers = (wanted: string | null, { status, body }: Answer): boolean =>
  wanted === null ? status >= 200 && status < 300 : status === 200 && body.trim() === wanted

/** What the app itself says. */
export const isHealthy = ({ health }: App, answer: Answer): boolean => answers(health.body, answer)

/** What came through nginx, which answers strangers of a guarded site itself. */
export const saysHealthy = (site: App & Guarded, answer: Answer): boolean =>
  answers(hasAccess(site) ? 'ok' : site.health.body, answer)

/** The path that shows whether a page opens, and whether a status there says so: 429 is what nginx says of a site that is full. */
export const pagePath = ({ websocket }: App): string => websocket ?? '/'
export const opens = ({ websocket }: App, status: number): boolean =>
  websocket === null ? status >= 100 && status < 500 && status !== 429 : status === 101

/** The right answers, as texts for people name them. */
export const healthyWords = ({ health }: App): string =>
  health.body === null ? `${health.path} gives 2xx` : `${health.path} says ${health.body}`
export const wantedHealth = ({ health }: App): string =>
  health.body === null ? 'wanted 2xx' : `wanted 200 "${health.body}"`
export const wantedPage = ({ websocket }: App): string =>
  websocket === null ? 'wanted less than 500 of the app: the site has no websocket' : 'wanted 101'
