// The app of a site: what the service asks of it, and which answer is the right one. Every site's app is Streamlit (1.30 and newer).

export interface App {
  /** The app is up when this path answers with 200 and this body. Streamlit answers any unknown path with 200 and its page. */
  readonly health: { readonly path: string; readonly body: string }
  /** The WebSocket on which a page lives: a handshake gives 101. */
  readonly webSocket: string
  /** Takes uploads. It is never reached: nginx refuses by the length that a request names. */
  readonly upload: string
}

export const APP: App = {
  health: { path: '/_stcore/health', body: 'ok' },
  webSocket: '/_stcore/stream',
  upload: '/_stcore/upload_file/diagnose/none',
}

export const isHealthy = ({ status, body }: { readonly status: number; readonly body: string }): boolean =>
  status === 200 && body.trim() === APP.health.body

/** The right answer, as texts for people name it. */
export const HEALTHY = `${APP.health.path} says ${APP.health.body}`
export const WANTED_HEALTH = `wanted 200 "${APP.health.body}"`
