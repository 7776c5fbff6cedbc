// The text of a site's file, as editors and consoles leave it: what is no JSON, or says one thing twice, is told in words before the schema looks at it.
import { withoutExcerpt } from '../functions/lib/domain/site-set.ts'

export interface SiteFile {
  /** Without white space and without the editor's `$schema`; a text that is no JSON stays as it is. */
  readonly value: string
  /** Undefined where a mistake is of the whole document. */
  readonly document?: unknown
  /** `<field>: found …, wanted …` */
  readonly mistakes: readonly string[]
}

export function readSiteFile(text: string): SiteFile {
  // Editors of Windows put a mark of the byte order first.
  const plain = text.replace(/^\u{feff}/u, '')
  try {
    const document: unknown = JSON.parse(plain)
    if (Array.isArray(document)) return { value: plain, mistakes: ['(document): found a list, wanted an object'] }
    if (typeof document !== 'object' || document === null) return { value: plain, document, mistakes: [] }
    const { $schema: _, ...site } = document as Record<string, unknown>
    const zone = zoneAsListed(site.hostedZoneId)
    if (zone) site.hostedZoneId = zone.id
    return {
      value: JSON.stringify(site),
      document: site,
      mistakes: [...twice(plain), ...(zone?.mistakes ?? [])],
    }
  } catch (error) {
    return {
      value: plain,
      mistakes: [`(document): ${noJson(plain) ?? `found ${withoutExcerpt((error as Error).message)}, wanted JSON`}`],
    }
  }
}

/** As `aws route53 list-hosted-zones` prints it. */
function zoneAsListed(found: unknown): { readonly id: string; readonly mistakes: string[] } | undefined {
  const [, id] = /^\/?hostedzone\/(Z[A-Z0-9]+)$/.exec(String(found)) ?? []
  return id === undefined ? undefined : { id, mistakes: [`hostedZoneId: found "${found}", wanted "${id}" alone`] }
}

/** Texts, comments, a comma before a bracket, marks. */
const TOKEN = /"(?:\\.|[^"\\])*"|\/\/.*|\/\*[\s\S]*?\*\/|,(?=\s*[}\]])|[{}[\]:,]/g

const lineAt = (text: string, index: number): number => text.slice(0, index).split('\n').length

/** Only what people mean by it; of the rest the parser's own sentence is clear. */
function noJson(text: string): string | undefined {
  for (const { 0: token, index } of text.matchAll(TOKEN)) {
    const at = `in line ${lineAt(text, index)}`
    if (token.startsWith('/')) return `found a comment ${at}, wanted JSON, which has none`
    if (token === ',' && /^,\s*[}\]]/.test(text.slice(index)))
      return `found a comma before the bracket that ends ${at}, wanted none there`
  }
  return undefined
}

/** JSON.parse takes the last of two without a word. */
function twice(text: string): string[] {
  const open: Set<string>[] = []
  const mistakes: string[] = []
  const tokens = [...text.matchAll(TOKEN)]
  for (const [position, { 0: token, index }] of tokens.entries()) {
    const above = open.at(-1)
    if (token === '{' || token === '[') open.push(new Set())
    else if (token === '}' || token === ']') open.pop()
    else if (above && token.startsWith('"') && tokens[position + 1]?.[0] === ':') {
      const key: string = JSON.parse(token)
      if (above.has(key)) mistakes.push(`${key}: found it again in line ${lineAt(text, index)}, wanted it once`)
      above.add(key)
    }
  }
  return mistakes
}
