// Composes the content of each AWS::SSM::Document from its program in templates/. All are composed in one way.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { allParameters, type HostParameter, hostParameters } from '../functions/lib/hosts/parameters.ts'

export interface DocumentParameter {
  readonly type: 'String'
  readonly allowedPattern: string
  readonly default?: string
}

/** Content of a command document, schema 2.2, as CloudFormation takes it. */
export interface DocumentContent {
  readonly schemaVersion: '2.2'
  readonly description: string
  readonly parameters: Readonly<Record<string, DocumentParameter>>
  readonly mainSteps: readonly [
    {
      readonly action: 'aws:runShellScript'
      readonly name: string
      readonly inputs: { readonly runCommand: readonly string[]; readonly timeoutSeconds: string }
    },
  ]
}

/**
 * SendCommand takes 64 KB of document and parameters together. A site is at most 4,096 characters (resources/sites.ts), and its environment
 * goes as base64: 6 KB are room enough for the parameters.
 */
const MAX_DOCUMENT_BYTES = 58 * 1024

/** A document has no words, and gives every value. */
const ONLY_BY_HAND = ['usage.sh', 'defaults.sh']

/** The values come in the order of the table of parameters.sh. */
const TAKE_VALUES = 'while read -r _ name _; do export "$name=$1"; shift; done <<<"$PARAMETERS"'

type ParameterName = (typeof allParameters)[number]['name']

interface HostDocument {
  readonly description: string
  /** Folder of main.sh below templates/. */
  readonly folder: string
  readonly step: string
  readonly parameters: readonly ParameterName[]
  readonly timeoutSeconds: number
}

const CONFIGURE_HOST: HostDocument = {
  description:
    'Makes one site live on this host: nginx on port 80 leads its names to its container on the loopback address.',
  folder: 'configure-host',
  step: 'configureHost',
  parameters: hostParameters.map(({ name }) => name),
  // A pull of 900 s and a start of 999 s, or 600 s for another run, 300 s each for cloud-init and the lock of the packages, and 900 s for a pull. All that is
  // slow at once is tried again; and what an agent has lost ends so much sooner.
  timeoutSeconds: 2100,
}

const INSPECT_HOST: HostDocument = {
  description: 'Says what there is of one site on this host, as one JSON object. Changes nothing.',
  folder: 'inspect-host',
  step: 'inspectHost',
  parameters: ['Hostname', 'HostPort', 'ContainerPort', 'HealthPath', 'Websocket'],
  // It ends by itself after 3 s; a host that is short of memory may take longer to start it.
  timeoutSeconds: 60,
}

const REMOVE_SITE: HostDocument = {
  description: 'Takes one site off this host and puts back what was there before it. Other sites serve on.',
  folder: 'remove-site',
  step: 'removeSite',
  parameters: ['Hostname'],
  // Up to 600 s for another run; the rest takes seconds.
  timeoutSeconds: 1200,
}

const READ_LOGS: HostDocument = {
  description: 'Prints the last lines of a log of one site, without the values of its secrets. Changes nothing.',
  folder: 'read-logs',
  step: 'readLogs',
  parameters: ['Hostname', 'Env', 'LogSource', 'LogSince', 'LogLines'],
  timeoutSeconds: 60,
}

/** Sent by `./edge import` before there is a stack, as a text: it is no document of the stack. */
const READ_BY_HAND: HostDocument = {
  description: 'Says how a site is served by hand on this host, as one JSON object. Changes nothing.',
  folder: 'read-by-hand',
  step: 'readByHand',
  parameters: ['Hostname', 'ClientMaxBodySize', 'ReadTimeout'],
  timeoutSeconds: 60,
}

const LOOK_USE: HostDocument = {
  description: 'Says whether somebody uses this host, as one JSON object. Changes nothing.',
  folder: 'look-use',
  step: 'lookUse',
  parameters: ['Hostnames'],
  // It ends by itself after 3 s; a host that is short of memory may take longer to start it.
  timeoutSeconds: 60,
}

/** The package step runs in the root of the project; `templates` is the folder with the programs. */
export const configureHostDocument = (templates?: string): DocumentContent => compose(CONFIGURE_HOST, templates)
export const inspectHostDocument = (templates?: string): DocumentContent => compose(INSPECT_HOST, templates)
export const removeSiteDocument = (templates?: string): DocumentContent => compose(REMOVE_SITE, templates)
export const readLogsDocument = (templates?: string): DocumentContent => compose(READ_LOGS, templates)
export const readByHandDocument = (templates?: string): DocumentContent => compose(READ_BY_HAND, templates)
export const lookUseDocument = (templates?: string): DocumentContent => compose(LOOK_USE, templates)

/** Logical name in the stack to content. */
export const hostDocuments = (): Readonly<Record<string, DocumentContent>> => ({
  ConfigureHostDocument: configureHostDocument(),
  InspectHostDocument: inspectHostDocument(),
  RemoveSiteDocument: removeSiteDocument(),
  ReadLogsDocument: readLogsDocument(),
})

function compose(document: HostDocument, templates = path.resolve('templates')): DocumentContent {
  const { description, folder, step, timeoutSeconds } = document
  const parameters = parametersOf(document)
  const script = composeScript(path.join(templates, folder, 'main.sh'), document)
  const content: DocumentContent = {
    schemaVersion: '2.2',
    description,
    parameters: Object.fromEntries(parameters.map((parameter) => [parameter.name, declare(parameter)])),
    mainSteps: [
      {
        action: 'aws:runShellScript',
        name: step,
        inputs: { runCommand: script.split('\n'), timeoutSeconds: String(timeoutSeconds) },
      },
    ],
  }
  const bytes = Buffer.byteLength(JSON.stringify(content))
  if (bytes > MAX_DOCUMENT_BYTES)
    throw new Error(`templates/${folder}: the document is ${bytes} bytes long, wanted: at most ${MAX_DOCUMENT_BYTES}`)
  return content
}

const parametersOf = ({ parameters }: Pick<HostDocument, 'parameters'>) =>
  allParameters.filter(({ name }) => parameters.includes(name))

/** `<base>-<8 hex>`: a changed document is a new document, so that commands under way keep the one they were sent with. */
export function documentName(base: string, content: string): string {
  return `${base}-${createHash('sha256').update(content).digest('hex').slice(0, 8)}`
}

/** Path to text: the part of each program that says what it takes. A document gives every value, a person those that matter. */
export const parameterFiles = (): Readonly<Record<string, string>> =>
  Object.fromEntries(
    [CONFIGURE_HOST, INSPECT_HOST, REMOVE_SITE, READ_LOGS, READ_BY_HAND, LOOK_USE].map((one) => [
      `templates/${one.folder}/parameters.sh`,
      parameterFile(one),
    ]),
  )

function parameterFile(document: HostDocument): string {
  const parameters: readonly HostParameter[] = parametersOf(document)
  const rows = parameters.map(({ name, variable, pattern, byHand, default: value = byHand }) =>
    [name, variable, value === undefined ? '-' : `=${value}`, pattern].join(' '),
  )
  return `# Generated from functions/lib/hosts/parameters.ts by scripts/generate.ts: change it there.
# The values of the program: for each its name, its variable, what stands for it where it is not given (-: it must be), and its pattern.
PARAMETERS='${rows.join('\n')}'
`
}

function declare(parameter: (typeof allParameters)[number]): DocumentParameter {
  // What each is for stands in hosts/parameters.ts: 2 KB here would be room that programs need.
  const declared = { type: 'String' as const, allowedPattern: parameter.pattern }
  return 'default' in parameter ? { ...declared, default: parameter.default } : declared
}

/** One program: the shebang (the agent honours it), the values, then main.sh with its parts in their places, packed. */
function composeScript(program: string, document: HostDocument): string {
  const [shebang, ...main] = inline(program).split('\n')
  return [shebang, values(document), ...packed(main.join('\n'))].join('\n')
}

/**
 * As plain text the program alone would fill the 64 KB of a command. Nothing is pasted into what is packed. Without base64 or
 * gzip, which every system has that this is for, the run fails and says so.
 */
function packed(program: string): string[] {
  const lines =
    gzipSync(program, { level: 9 })
      .toString('base64')
      .match(/.{1,16000}/g) ?? []
  return [
    'set -o pipefail',
    // bash keeps a text of this length in a file, and the disk may be full: in memory there is room.
    'TMPDIR=/run',
    "unpack() { base64 -d <<'END_OF_PROGRAM' | gzip -dc; }",
    ...lines,
    'END_OF_PROGRAM',
    "program=$(unpack) || { echo \"step=start result=failed reason='the program was not unpacked' hint='install gzip'\"; exit 1; }",
    'eval "$program"',
  ]
}

/**
 * The document's script with its values, as an agent would paste them, and words behind: for an account in which the document is not yet.
 * @throws Error for a value that the document would refuse
 */
export function scriptWith(
  { parameters, mainSteps }: DocumentContent,
  values: Readonly<Record<string, string>>,
  ...words: readonly string[]
): string {
  const pasted = Object.entries(parameters).map(([name, { allowedPattern, default: usual }]) => {
    const value = values[name] ?? usual ?? ''
    if (new RegExp(allowedPattern).test(value)) return `'${value}'`
    throw new Error(`${name}: found ${JSON.stringify(value)}, wanted a match of ${allowedPattern}`)
  })
  const line = ['set --', ...pasted, ...words.map((word) => `'${word}'`)].join(' ')
  return mainSteps[0].inputs.runCommand.map((text) => (text.startsWith("set -- '{{ ") ? line : text)).join('\n')
}

/** The text of a composed program, as it runs on the host. */
export function unpackedProgram(script: string): string {
  const [, text = ''] = /<<'END_OF_PROGRAM'.*\n([\s\S]*)\nEND_OF_PROGRAM\n/.exec(script) ?? []
  return gunzipSync(Buffer.from(text, 'base64')).toString()
}

// The only places where the agent pastes text: between single quotes, which no pattern admits.
const values = (document: HostDocument): string =>
  `set -- ${parametersOf(document)
    .map(({ name }) => `'{{ ${name} }}'`)
    .join(' ')}`

const END_OF_TEXT = 'END_OF_TEXT'
const TEXT = `cat <<'${END_OF_TEXT}'`

/** Puts in the text of each file that a line of the form `. "$here/…"` sources, or `cat "$here/…"` prints, also as the whole body of a function. */
function inline(file: string): string {
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n')
  return lines
    .filter(isNeeded)
    .map((line) => inlineLine(line, path.dirname(file)))
    .filter((text) => text !== '')
    .join('\n')
    .replaceAll(`\n${END_OF_TEXT}\n${TEXT}\n`, '\n')
}

function inlineLine(line: string, folder: string): string {
  const sourced = /^\. "\$here\/(.+)"$/.exec(line)?.[1]
  if (sourced !== undefined && ONLY_BY_HAND.includes(path.basename(sourced))) return ''
  if (sourced === 'parameters.sh') return [inline(path.join(folder, sourced)), TAKE_VALUES].join('\n')
  if (sourced !== undefined) return inline(path.join(folder, sourced))
  const [, head, printed, tail = ''] = /^(\w+\(\) \{ |\s*)cat "\$here\/(.+)"(; \})?$/.exec(line) ?? []
  // The shell needs no indent.
  if (printed === undefined) return line.trimStart()
  const text = textOf(path.join(folder, printed))
  // Python is full of quotes. Its files that stand side by side become one text.
  if (printed.endsWith('.py'))
    return [`${head?.trimStart()}${TEXT}`, text, END_OF_TEXT, tail.replace('; ', '')].filter(Boolean).join('\n')
  // Part of the shell, while `cat` would be a program to start each time.
  return `${head?.trimStart()}printf '%s\\n' '${text.replaceAll("'", "'\\''")}'${tail}`
}

/** Comments of Python stay in the sources, and most of its spaces; those of a template are part of what it renders. */
function textOf(file: string): string {
  const text = readFileSync(file, 'utf8').trimEnd()
  if (!file.endsWith('.py')) return text
  return text
    .replaceAll(/^ *(#.*|"""[\s\S]*?""")?\n/gm, '')
    .replaceAll(/^( {4})+/gm, (indent) => ' '.repeat(indent.length / 4))
}

function isNeeded(line: string): boolean {
  return line.startsWith('#!') || !/^(here=|\s*(#|$))/.test(line)
}
