// What the inspect-host document found out about one site on one host: a read-only look, as the host prints it.

import * as v from 'valibot'
import { UnexpectedReply } from '../domain/errors.ts'
import { describeFieldError, describeIssues } from '../domain/field-error.ts'
import { plainTexts } from '../domain/plain-text.ts'

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
  /** MB that are free where Docker keeps images, and containers write. */
  readonly diskFreeMb?: number | null
  /** False: its daemon.json tells Docker `iptables: false`. */
  readonly keptApart?: boolean | null
  /** 16 hex each: what the site's file says, and what nginx answers at `/_ragstream-edge` for the site's name. */
  readonly rendering: { readonly file: string | null; readonly live: string | null }
  readonly nginx: {
    readonly active: boolean | null
    /** First error of `nginx -t`, or that nginx is not installed; null when the configuration loads. */
    readonly error: string | null
    /** Files with a `server_name` of the site that are not ours; null where nobody could look: no python3, or `error`. */
    readonly sameNameBlocks: readonly string[] | null
    /** What an unknown Host gets on port 80: `none` an answerless end (444), `site` a page, `refused` no connection. */
    readonly unknownHost: 'none' | 'site' | 'refused' | null
  }
  readonly container: {
    readonly name: string
    /** `absent`, `unknown` (Docker did not answer), or Docker's own word: running, restarting, exited, created, paused, dead. */
    readonly state: string
    readonly restarts: number | null
    /** The last one, also where Docker has started it again since (then of the last 15 minutes); null while it runs on. */
    readonly exitCode: number | null
    readonly image: string | null
    /** 32 hex of its label. */
    readonly hash: string | null
    /** `127.0.0.1:8501->8501/tcp`. */
    readonly publish: readonly string[]
    /** Where programs inside the container listen, such as `0.0.0.0:8501`. */
    readonly listens?: readonly string[] | null
    /** Whether the rule that keeps it from the instance metadata is there; null where the site lets it reach them. */
    readonly metadataBarred?: boolean | null
  }
  readonly listening: readonly { readonly address: string; readonly port: number; readonly program: string | null }[]
  /** Asked on the host itself. `status` 0: no answer. `body`: at most 100 printable characters. */
  readonly answers: {
    /** The app's health (domain/app.ts) on its loopback port. */
    readonly app: Answer | null
    /** The app's health through nginx with the site's Host: on port 80, or on 443 where the site's file has HTTPS. */
    readonly nginx: Answer | null
    /** Status of a handshake at the app's WebSocket: 101 when upgraded; through nginx on the same port. */
    readonly appWebSocket: number
    readonly nginxWebSocket: number
  }
  /** Whether a rule of the host's own firewall drops TCP 80, the rule in `rule`; and TCP 443 where the site's file has HTTPS. */
  readonly firewall: {
    readonly port80: Wall
    readonly rule: string | null
    readonly port443?: Wall
    readonly rule443?: string | null
  }
  /** What nginx shows on 443 for the hostname; null where it shows none, or the site's file has no HTTPS. */
  readonly certificate?: HostCertificate | null
  /** A run that changes something holds the host's lock at this moment; null: not found out in time. */
  readonly locked?: boolean | null
  /** The last line that a configuration of this site ended with, and when (ISO 8601). */
  readonly lastResult: { readonly at: string; readonly line: string } | null
}

export type Wall = 'open' | 'closed' | null

export interface HostCertificate {
  readonly names: readonly string[]
  readonly issuer: string
  /** ISO 8601. */
  readonly until: string
  /** It came without the one that signed it. */
  readonly alone: boolean
}

export interface Answer {
  readonly status: number
  readonly body: string
}

const text = v.nullable(v.string())
const count = v.pipe(v.number(), v.integer())
const answer = v.object({ status: count, body: v.string() })
const time = v.pipe(v.string(), v.isoTimestamp('ISO 8601'))
const wall = v.nullable(v.picklist(['open', 'closed']))
const certificate = v.object({ names: v.array(v.string()), issuer: v.string(), until: time, alone: v.boolean() })

const inspection: v.GenericSchema<unknown, Inspection> = v.object({
  schema: v.literal(1),
  site: v.string(),
  versions: v.object({ system: text, nginx: text, docker: text, agent: text }),
  applied: text,
  diskFreeMb: v.exactOptional(v.nullable(count)),
  keptApart: v.exactOptional(v.nullable(v.boolean())),
  rendering: v.object({ file: text, live: text }),
  nginx: v.object({
    active: v.nullable(v.boolean()),
    error: text,
    sameNameBlocks: v.nullable(v.array(v.string())),
    unknownHost: v.nullable(v.picklist(['none', 'site', 'refused'])),
  }),
  container: v.object({
    name: v.string(),
    state: v.string(),
    restarts: v.nullable(count),
    exitCode: v.nullable(count),
    image: text,
    hash: text,
    publish: v.array(v.string()),
    listens: v.exactOptional(v.nullable(v.array(v.string()))),
    metadataBarred: v.exactOptional(v.nullable(v.boolean())),
  }),
  listening: v.array(v.object({ address: v.string(), port: count, program: text })),
  answers: v.object({ app: v.nullable(answer), nginx: v.nullable(answer), appWebSocket: count, nginxWebSocket: count }),
  firewall: v.object({
    ...{ port80: wall, rule: text },
    ...{ port443: v.exactOptional(wall), rule443: v.exactOptional(text) },
  }),
  certificate: v.exactOptional(v.nullable(certificate)),
  locked: v.exactOptional(v.nullable(v.boolean())),
  lastResult: v.nullable(v.object({ at: time, line: v.string() })),
})

/** Reads what the document printed. Fields that it does not know are left out, and its texts are plain. Throws UnexpectedReply. */
export function parseInspection(stdout: string): Inspection {
  let found: unknown
  try {
    found = JSON.parse(stdout)
  } catch (cause) {
    const start = JSON.stringify(stdout.slice(0, 80))
    throw new UnexpectedReply(`inspection: found ${start}, wanted one JSON object`, { cause })
  }
  const result = v.safeParse(inspection, found)
  if (result.success) return plainTexts(result.output)
  throw new UnexpectedReply(`inspection: ${describeIssues(result.issues).map(describeFieldError).join('; ')}`)
}
