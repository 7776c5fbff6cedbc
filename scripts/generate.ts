// Writes the pages, tables, screens and pictures that follow from the code, from the recorded run (docs/run.txt) or from the packaged template,
// and what each program of templates/ takes. `node scripts/generate.ts` writes them; with --check it only reports which are stale.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { toJsonSchema } from '@valibot/to-json-schema'
import * as v from 'valibot'
import { parseSite, siteSchema } from '../functions/lib/domain/site.ts'
import { packaged } from '../local/package.ts'
import { parameterFiles } from '../resources/documents.ts'
import { commandsPage } from './commands-page.ts'
import { deployRole, deployRoleForDoor } from './deploy-role.ts'
import { hopsPicture } from './pictures/hops.ts'
import { pagePicture } from './pictures/page.ts'
import { sessionPicture } from './pictures/session.ts'
import { startPicture } from './pictures/start.ts'
import { RECORDING } from './screens.ts'
import { stackPage } from './stack-page.ts'
import { withTables } from './tables.ts'
import { verdictsPage } from './verdicts-page.ts'

const SMALLEST = {
  hostname: 'app.example.com',
  hostedZoneId: 'Z0123456789ABCDEFGHIJ',
  instances: { 'tag:Name': 'app' },
  image: 'app:1.0.0',
}

/** File name below docs/ -> content. */
export const documents = (): Readonly<Record<string, string>> => ({
  'site.schema.json': asTyped(`${shortLists(JSON.stringify(editorSchema(), null, 2))}\n`),
  '../README.md': withTables('README.md'),
  'commands.md': commandsPage(),
  'local-cloud.md': withTables('docs/local-cloud.md'),
  ...pictures(),
  'site.md': asTyped(referencePage()),
  'verdicts.md': asTyped(verdictsPage()),
  'runbook.md': asTyped(withTables('docs/runbook.md')),
  'architecture.md': withTables('docs/architecture.md'),
  'door.md': withTables('docs/door.md'),
  'deploy-role-door.json': `${shortLists(JSON.stringify(deployRoleForDoor(), null, 2))}\n`,
})

/** Pages name a command in one way; the hints in the functions have the longer form. */
const asTyped = (page: string): string => page.replaceAll(/npm run (doctor|diagnose|resync)\b(?: --)?/g, './edge $1')

/** Of the recorded run and of the measured figures. */
function pictures(): Record<string, string> {
  const recording = readFileSync(RECORDING, 'utf8')
  return {
    'pictures/hops.svg': hopsPicture(recording),
    'pictures/page.svg': pagePicture(readFileSync('docs/page.png'), recording),
    'pictures/session.svg': sessionPicture(recording),
    'pictures/start.svg': startPicture(readFileSync('docs/performance.md', 'utf8')),
  }
}

/** Lists of words on one line where they fit, as the formatter wants them. */
const shortLists = (text: string): string =>
  text.replace(/^( *"[^"]+": )\[\n((?:\s+"[^"]*",?\n)+)\s+\](,?)$/gm, (whole, start, words: string, end) => {
    const line = `${start}[${words.trim().replace(/\n\s+/g, ' ')}]${end}`
    return line.length <= 120 ? line : whole
  })

/** Of the document as people write it: what has a default may be left out. `$schema` is for the editor alone. */
function editorSchema(): Record<string, unknown> {
  const { $schema, properties, ...rest } = toJsonSchema(siteSchema, { typeMode: 'input', target: 'draft-07' })
  const title = 'A site of ragstream-edge'
  return { $schema, title, ...rest, properties: { $schema: { type: 'string' }, ...properties } }
}

interface Schema {
  readonly type: string
  readonly kind?: string
  readonly message?: unknown
  readonly entries?: Readonly<Record<string, Schema>>
  readonly pipe?: readonly Schema[]
  readonly wrapped?: Schema
  readonly item?: Schema
  readonly key?: Schema
  readonly value?: Schema
  readonly options?: readonly unknown[]
  readonly default?: unknown
}

const code = (value: unknown): string => `\`${JSON.stringify(value)}\``

/** Some errors say themselves what null means. */
const orNull = (words: string): string => (words.includes('null') ? words : `${words}; or null`)

/** What a field takes, in the words in which its errors ask for it. */
function wantedBy(schema: Schema): string {
  const { type, pipe = [], wrapped, item, key, value, options } = schema
  if (type === 'nullable') return orNull(wantedBy(wrapped!))
  if (wrapped) return wantedBy(wrapped)
  if (type === 'array') return `list, each ${wantedBy(item!)}`
  if (type === 'record') return `map. Key: ${wantedBy(key!)}. Value: ${wantedBy(value!)}`
  if (options) return options.map(code).join(', ')
  if (type === 'boolean') return 'true or false'
  const [base, ...checks] = pipe
  if (base?.pipe) return wantedBy(base)
  const words = checks.filter(({ kind }) => kind === 'validation').map(({ message }) => String(message))
  return [...new Set(words)].join(', ') || type
}

/** A code span shows `<` as it is, and would show the entity, too. */
const cell = (text: string): string =>
  text.replaceAll('|', '\\|').replace(/(`[^`]*`)|</g, (_, code?: string) => code ?? '&lt;')

function rows(entries: Readonly<Record<string, Schema>>, above: readonly string[] = []): string[] {
  return Object.entries(entries).flatMap(([key, schema]) => {
    const here = [...above, key]
    const inner = schema.wrapped?.entries
    if (inner) return rows(inner, here)
    const meaning = v.getDescription(schema as never) ?? ''
    // An object that a site may do without: its own row, and those of its fields.
    const optional = schema.wrapped?.wrapped?.entries
    const wanted = optional ? 'an object with the fields below; or null' : wantedBy(schema)
    const columns = [`\`${here.join('.')}\``, wanted, usual(schema), meaning]
    return [`| ${columns.map(cell).join(' | ')} |`, ...(optional ? rows(optional, here) : [])]
  })
}

function usual(schema: Schema): string {
  if (schema.type !== 'optional') return '**required**'
  return schema.default === undefined ? 'see the meaning' : code(schema.default)
}

const json = (value: unknown): string => `\`\`\`json\n${JSON.stringify(value, null, 2)}\n\`\`\``

function withDefaults(): unknown {
  const result = parseSite(SMALLEST)
  if (!result.ok) throw new Error(`the smallest site is none: ${JSON.stringify(result.errors)}`)
  return result.site
}

function referencePage(): string {
  return `<!-- Generated from functions/lib/domain/site.ts by scripts/generate.ts: change it there. -->
# A site

Each site is one file, \`resources/sites/<hostname>.json\`. Four fields are enough:

${json(SMALLEST)}

With \`"$schema": "../../docs/site.schema.json"\` as its first line, an editor completes and checks the file. An unknown field is
an error. A deploy lists all errors at once, each with the field, the value that was found, and the value that is wanted.

## Fields

| field | takes | default | meaning |
| --- | --- | --- | --- |
${rows(siteSchema.entries as unknown as Readonly<Record<string, Schema>>).join('\n')}

## The same site with every default written out

${json(withDefaults())}
`
}

/** What the package step has to run for. */
export async function packagedDocuments(): Promise<Readonly<Record<string, string>>> {
  const file = path.join(await packaged(), 'cloudformation-template-update-stack.json')
  const template = JSON.parse(readFileSync(file, 'utf8'))
  return {
    'stack.md': stackPage(template),
    'deploy-role.json': `${shortLists(JSON.stringify(deployRole(template), null, 2))}\n`,
  }
}

async function main(check: boolean): Promise<void> {
  // The programs first: the package step reads them.
  bring(parameterFiles(), check)
  bring(inDocs({ ...documents(), ...(await packagedDocuments()) }), check)
}

const inDocs = (pages: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(pages).map(([name, content]) => [`docs/${name}`, content]))

function bring(files: Readonly<Record<string, string>>, check: boolean): void {
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(path.dirname(fileURLToPath(import.meta.url)), '..', name)
    if (existsSync(file) && readFileSync(file, 'utf8') === content) continue
    if (!check) writeFileSync(file, content)
    else process.exitCode = 1
    console.log(check ? `${name} is stale: run node scripts/generate.ts` : `${name} written`)
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main(process.argv.includes('--check'))
