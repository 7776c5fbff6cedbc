// The page as HTML: whole without JavaScript, one document, nothing from outside.
import { createHash } from 'node:crypto'
import { SCRIPT } from './script.ts'
import { STYLE } from './style.ts'
import type { View } from './view.ts'

const hash = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`

/** Only this very script and style. A form leads here and nowhere else. */
const POLICY = [
  "default-src 'none'",
  `script-src ${hash(SCRIPT)}`,
  `style-src ${hash(STYLE)}`,
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** Of every answer. */
export const HEADERS: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'content-security-policy': POLICY,
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-dns-prefetch-control': 'off',
  'x-robots-tag': 'noindex, nofollow',
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}
export const escaped = (text: string): string => text.replaceAll(/[&<>"']/g, (found) => ENTITIES[found]!)

/** What page and script share: the address of the page, and where it leads. */
export interface Place {
  /** `/<hostname>` */
  readonly base: string
  readonly hostname: string
  readonly title: string
  readonly note: string | null
  readonly to: string
}

export const pageUrl = (
  { base, to }: Pick<Place, 'base' | 'to'>,
  more: Readonly<Record<string, string>> = {},
): string => {
  const query = new URLSearchParams({ ...(to === '/' ? {} : { to }), ...more }).toString()
  return query === '' ? base : `${base}?${query}`
}

/** Seconds between two looks of a browser without JavaScript. */
const RELOAD = 5

export function page(place: Place, view: View): string {
  const { title, note, hostname } = place
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex, nofollow"><meta name="format-detection" content="telephone=no, address=no, email=no">
<title>${escaped(title)}</title><style>${STYLE}</style>${reload(place, view)}</head>
<body><main data-base="${escaped(place.base)}" data-to="${escaped(place.to)}" data-state="${view.state}">
<h1>${escaped(title)}</h1>
${note === null ? '' : `<p class="soft">${escaped(note)}</p>\n`}<p role="status" aria-live="polite">${escaped(view.sentence)}</p>
${view.leads === undefined ? '' : `<p><a class="button" href="${escaped(view.leads)}">Go there</a></p>\n`}<ol${view.hops.length > 0 ? '' : ' hidden'} aria-label="What happens at a start">${view.hops.map(hop).join('')}</ol>
<p class="soft" id="usually"${view.usually ? '' : ' hidden'}>${view.usually ? `A start usually takes ${escaped(view.usually)}.` : ''}</p>
${form(place, view)}
<p class="soft">Have you tried ${escaped(hostname)} itself within the last minute? Then your browser may remember for a minute that it slept. If it does not open, wait a minute and load it again.</p>
</main><script>${SCRIPT}</script></body></html>
`
}

const hop = ({ mark, text }: View['hops'][number]): string =>
  `<li data-mark="${mark}">${escaped(text)} <span>(${mark})</span></li>`

/** Led there by a page and not by a redirect: a browser refuses one that follows a form and leaves the door. */
function reload(place: Place, { leads, isWaiting }: View): string {
  if (leads !== undefined) return `<meta http-equiv="refresh" content="0; url=${escaped(leads)}">`
  if (!isWaiting) return ''
  return `<noscript><meta http-equiv="refresh" content="${RELOAD}; url=${escaped(pageUrl(place))}"></noscript>`
}

function form({ base, to }: Place, { button, ticket = '', password }: View): string {
  return `<form method="post" action="${escaped(base)}/start"${button ? '' : ' hidden'}>
<input type="hidden" name="ticket" value="${escaped(ticket)}"><input type="hidden" name="to" value="${escaped(to)}">
<div id="ask"${password ? '' : ' hidden'}><label for="password">Password</label><input type="password" id="password" name="password" maxlength="256" autocomplete="current-password"></div>
<button>Start it</button></form>`
}
