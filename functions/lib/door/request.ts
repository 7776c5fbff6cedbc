// What a browser asks: an event of an HTTP API (payload format 2.0), or nothing that the door answers.

/** Characters. */
const LONGEST_PATH = 2000
const LONGEST_BODY = 8192

export interface DoorRequest {
  readonly act: 'look' | 'status' | 'start'
  readonly hostname: string
  /** Path and query of the site; `/` where none was given, or one that could lead elsewhere. */
  readonly to: string
  /** Of the form. */
  readonly ticket: string
  readonly password: string
  /** The page's script asks, and wants the status as an answer. */
  readonly wantsJson: boolean
  /** The page after a form: it must not be led away by a redirect. */
  readonly isAfterForm: boolean
  /** What the last form was answered: a name of the page's own sentences. */
  readonly said: string
}

interface ApiEvent {
  readonly rawPath?: unknown
  readonly rawQueryString?: unknown
  readonly headers?: Readonly<Record<string, unknown>>
  readonly body?: unknown
  readonly isBase64Encoded?: unknown
  readonly requestContext?: { readonly http?: { readonly method?: unknown } }
}

const PATH = /^\/([A-Za-z0-9.-]{1,253})(?:\/(status|start))?\/?$/

/** Undefined: not found. */
export function readRequest(event: unknown): DoorRequest | undefined {
  const { rawPath, rawQueryString, headers, requestContext, ...sent } = (event ?? {}) as ApiEvent
  const method = requestContext?.http?.method
  const [, name, part] = PATH.exec(String(rawPath ?? '')) ?? []
  const act = actOf(method, part)
  if (name === undefined || act === undefined) return undefined
  const query = new URLSearchParams(String(rawQueryString ?? ''))
  const form = act === 'start' ? new URLSearchParams(bodyOf(sent)) : new URLSearchParams()
  return {
    ...{ act, hostname: name.toLowerCase() },
    to: safePath(form.get('to') ?? query.get('to') ?? ''),
    ticket: form.get('ticket') ?? '',
    password: form.get('password') ?? '',
    wantsJson: String(headers?.accept ?? '').includes('application/json'),
    isAfterForm: query.get('asked') === '1',
    said: query.get('said') ?? '',
  }
}

function actOf(method: unknown, part: string | undefined): DoorRequest['act'] | undefined {
  if (part === 'start') return method === 'POST' ? 'start' : undefined
  if (method !== 'GET' && method !== 'HEAD') return undefined
  return part === 'status' ? 'status' : 'look'
}

function bodyOf({ body, isBase64Encoded }: Pick<ApiEvent, 'body' | 'isBase64Encoded'>): string {
  const text = typeof body === 'string' && body.length <= LONGEST_BODY ? body : ''
  return isBase64Encoded === true ? Buffer.from(text, 'base64').toString() : text
}

/** A path and query of the site itself. What a browser could take for another host, or what would break a header, is `/`. */
export function safePath(to: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
  const isSafe = to.length <= LONGEST_PATH && /^\/(?![/\\])[^\u0000-\u001f\u007f-\u009f\\]*$/.test(to)
  return isSafe ? to : '/'
}

/** Where the door leads. By the URL's own rules it never leaves the site. */
export function siteUrl({ hostname, tls }: { readonly hostname: string; readonly tls: string }, to: string): string {
  const origin = `${tls === 'acme' ? 'https' : 'http'}://${hostname}`
  const url = new URL(origin + to)
  return url.host === hostname && url.username === '' ? url.href : `${origin}/`
}
