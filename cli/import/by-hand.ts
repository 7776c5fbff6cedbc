// What templates/read-by-hand says of a host, and the fields of a site's file that come of it. Pure.
import { array, boolean, type InferOutput, nullable, object, optional, record, safeParse, string, tuple } from 'valibot'
import { describeFieldError } from '../../functions/lib/domain/field-error.ts'
import { parseSite } from '../../functions/lib/domain/site.ts'
import { guessedImage } from '../doctor/init.ts'

const SCHEMA = object({
  /** `<file>:<line>` of each server block with the site's name. */
  files: array(string()),
  aliases: array(string()),
  https: boolean(),
  proxy: record(string(), string()),
  container: nullable(
    object({
      name: string(),
      image: string(),
      restart: string(),
      hostPort: string(),
      /** Fields of `container`, such as `"env": { "KEY": "" }`. */
      fields: array(string()),
    }),
  ),
  /** What no field of a site says, and what to do about it. */
  refused: array(tuple([string(), optional(string(), '')])),
})

export type ByHand = InferOutput<typeof SCHEMA>

/** @throws Error where it is something else */
export function parseByHand(output: string): ByHand {
  const parsed = safeParse(SCHEMA, JSON.parse(output))
  if (parsed.success) return parsed.output
  throw new Error(`the host's answer is not understood: ${parsed.issues[0].message}`)
}

export interface Carried {
  readonly site: object
  /** A sentence for each thing that the file does not say. */
  readonly left: readonly string[]
}

/** The begun site with every field that its schema takes. Variables stand there without their values: no take-over accepts them so. */
export function carriedOver(begun: { readonly hostname: string }, byHand: ByHand, image: string | undefined): Carried {
  const { container, aliases, proxy, https, refused } = byHand
  const inner: unknown[] = (container?.fields ?? []).map((text) => parsedField(text) ?? { unread: text })
  const port = container && container.hostPort !== '8501' ? [{ hostPort: Number(container.hostPort) }] : []
  const fields: object[] = [
    ...aliases.map((alias) => ({ aliases: [alias] })),
    ...[...port, ...inner].map((field) => ({ container: field })),
    ...Object.entries(proxy).map(([name, value]) => ({ proxy: { [name]: value } })),
    ...(https ? [{ tls: 'acme' }] : []),
  ]
  let site: object = { ...begun, image: image ?? container?.image ?? guessedImage(begun) }
  const left = refused.map(([what, hint]) => `${what}: ${hint}`)
  for (const field of fields) {
    const next = joined(site, field)
    const parsed = parseSite(next)
    if (parsed.ok) site = next
    else left.push(parsed.errors.map(describeFieldError).join('; '))
  }
  return { site: { ...site, adopt: true }, left }
}

function parsedField(text: string): object | undefined {
  try {
    return JSON.parse(`{ ${text} }`)
  } catch {
    return undefined
  }
}

type Tree = Readonly<Record<string, unknown>>

/** Lists behind each other, objects into each other. */
function joined(one: object, other: object): object {
  const entries = Object.entries(other).map(([key, value]) => {
    const before = (one as Tree)[key]
    if (Array.isArray(before) && Array.isArray(value)) return [key, [...before, ...value]]
    const isTree = typeof before === 'object' && before !== null && typeof value === 'object' && value !== null
    return [key, isTree ? joined(before, value) : value]
  })
  return { ...one, ...Object.fromEntries(entries) }
}

/** Names of variables whose values nobody read. */
export const emptyVariables = ({ container }: { readonly container?: { readonly env?: object } }): string[] =>
  Object.entries(container?.env ?? {}).flatMap(([name, value]) => (value === '' ? [name] : []))

/** How the site is served now, a line for each part. */
export function shownByHand({ files, container, https, aliases }: ByHand): string[] {
  const told = container
    ? `container ${container.name}: image ${container.image}, port ${container.hostPort}, restart ${container.restart}${container.fields.map((text) => `, ${text}`).join('')}`
    : 'container: none that runs is the one to which nginx leads'
  const names = aliases.length > 0 ? `, also for ${aliases.join(', ')}` : ''
  return [
    told,
    files.length > 0
      ? `nginx: ${files.join(', ')}${names}${https ? ', with HTTPS' : ''}`
      : 'nginx: no server block has the name',
  ]
}
