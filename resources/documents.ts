// Composes the content of the AWS::SSM::Document from the programs in templates/.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { hostParameters } from '../functions/lib/domain/host-parameters.ts'

export interface DocumentParameter {
  readonly type: 'String'
  readonly description: string
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

/** SendCommand takes 64 KB of document and parameters together: the rest is room for the parameters. */
const MAX_DOCUMENT_BYTES = 48 * 1024

// Installing packages (apt waits up to 300 s for its lock), a pull, a start of up to 999 s, and the wait for another run.
const TIMEOUT_SECONDS = '3600'

/** The package step runs in the root of the project; `templates` is the folder with the programs. */
export function configureHostDocument(templates = path.resolve('templates')): DocumentContent {
  const content: DocumentContent = {
    schemaVersion: '2.2',
    description:
      'Makes one site live on this host: nginx on port 80 leads its names to its container on the loopback address.',
    parameters: Object.fromEntries(hostParameters.map((parameter) => [parameter.name, declare(parameter)])),
    mainSteps: [
      {
        action: 'aws:runShellScript',
        name: 'configureHost',
        inputs: { runCommand: composeScript(templates).split('\n'), timeoutSeconds: TIMEOUT_SECONDS },
      },
    ],
  }
  const bytes = Buffer.byteLength(JSON.stringify(content))
  if (bytes > MAX_DOCUMENT_BYTES)
    throw new Error(`templates: the document is ${bytes} bytes long, wanted: at most ${MAX_DOCUMENT_BYTES}`)
  return content
}

/** `<base>-<8 hex>`: a changed document is a new document, so that commands under way keep the one they were sent with. */
export function documentName(base: string, content: string): string {
  return `${base}-${createHash('sha256').update(content).digest('hex').slice(0, 8)}`
}

/** The patterns in the form in which the host checks them once more: `<name> <variable> <pattern>` a line. */
export function parameterTable(): string {
  return hostParameters.map(({ name, variable, pattern }) => `${name} ${variable} ${pattern}`).join('\n')
}

function declare(parameter: (typeof hostParameters)[number]): DocumentParameter {
  const { description, pattern } = parameter
  const declared = { type: 'String' as const, description, allowedPattern: pattern }
  return 'default' in parameter ? { ...declared, default: parameter.default } : declared
}

/** One program: the shebang (the agent honours it), the values, then main.sh with its parts in their places. */
function composeScript(templates: string): string {
  const folder = path.join(templates, 'configure-host')
  const [shebang, ...main] = inline(path.join(folder, 'main.sh')).split('\n')
  return [shebang, ...preamble(), ...main].join('\n')
}

// The only places where the agent pastes text: between single quotes, which no pattern admits.
function preamble(): string[] {
  const values = hostParameters.map(({ name, variable }) => `export ${variable}='{{ ${name} }}'`)
  return [...values, `export EDGE_PARAMETERS='${parameterTable()}'`]
}

/** Puts in the text of each file that a line of the form `. "$here/…"` sources or `cat "$here/…"` prints. */
function inline(file: string): string {
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n')
  return lines
    .filter(isNeeded)
    .map((line) => inlineLine(line, path.dirname(file)))
    .join('\n')
}

function inlineLine(line: string, folder: string): string {
  const sourced = /^\. "\$here\/(.+)"$/.exec(line)?.[1]
  if (sourced !== undefined) return inline(path.join(folder, sourced))
  const printed = /^\s*cat "\$here\/(.+)"$/.exec(line)?.[1]
  if (printed === undefined) return line
  return `cat <<'END_OF_TEMPLATE'\n${readFileSync(path.join(folder, printed), 'utf8').trimEnd()}\nEND_OF_TEMPLATE`
}

function isNeeded(line: string): boolean {
  return !/^(here=|# shellcheck )/.test(line)
}
