// What the inspect-host document found out about one site on one host: a read-only look, as the host prints it.

/** `null` wherever the host could not find it out. One JSON object on standard output, at most 8 KB. */
export interface Inspection {
  readonly schema: 1
  readonly site: string
  readonly versions: {
    readonly system: string | null
    readonly nginx: string | null
    readonly docker: string | null
    readonly agent: string | null
  }
  /** 12 hex: the site document that was last made live here. */
  readonly applied: string | null
  /** 16 hex each: what the site's file says, and what nginx answers at `/_ragstream-edge` for the site's name. */
  readonly rendering: { readonly file: string | null; readonly live: string | null }
  readonly nginx: {
    readonly active: boolean
    /** First error of `nginx -t`; null when the configuration loads. */
    readonly error: string | null
    /** Files with a `server_name` of the site that are not ours. */
    readonly sameNameBlocks: readonly string[]
    /** What an unknown Host gets on port 80: `none` an answerless end (444), `site` a page, `refused` no connection. */
    readonly unknownHost: 'none' | 'site' | 'refused' | null
  }
  readonly container: {
    readonly name: string
    /** `absent`, or Docker's own word: running, restarting, exited, created, paused, dead. */
    readonly state: string
    readonly restarts: number | null
    readonly exitCode: number | null
    readonly image: string | null
    /** 32 hex of its label. */
    readonly hash: string | null
    /** `127.0.0.1:8501->8501/tcp`. */
    readonly publish: readonly string[]
  }
  readonly listening: readonly { readonly address: string; readonly port: number; readonly program: string | null }[]
  /** Asked on the host itself. `status` 0: no answer. `body`: at most 100 printable characters. */
  readonly answers: {
    /** `/_stcore/health` of the app on its loopback port. */
    readonly app: Answer
    /** `/_stcore/health` through nginx on port 80 with the site's Host. */
    readonly nginx: Answer
    /** Status of a WebSocket handshake at `/_stcore/stream`: 101 when upgraded. */
    readonly appWebSocket: number
    readonly nginxWebSocket: number
  }
  /** Whether a rule of the host's own firewall drops TCP 80; the rule in `rule`. */
  readonly firewall: { readonly port80: 'open' | 'closed' | null; readonly rule: string | null }
  /** The last line that a configuration of this site ended with, and when (ISO 8601). */
  readonly lastResult: { readonly at: string; readonly line: string } | null
}

export interface Answer {
  readonly status: number
  readonly body: string
}
