// The host's documents on a real machine: run them as the agent would, and look at the host afterwards.

import { type Inspection, parseInspection } from '../../../functions/lib/hosts/inspection.ts'
import { allParameters, hostParameters } from '../../../functions/lib/hosts/parameters.ts'
import { paste } from '../../../local/agent/script.ts'
import type { Host } from '../../../local/machine/nspawn/machine.ts'
import { standInName, imageName as streamlitName } from '../../../local/machine/prepare/app-image.ts'
import {
  configureHostDocument,
  type DocumentContent,
  inspectHostDocument,
  removeSiteDocument,
} from '../../../resources/documents.ts'

export const NAME = 'ragstream.rusbehabtahi.com'
export const CONTAINER = `ragstream-edge-${NAME}`
export const SITE_FILE = `/etc/nginx/conf.d/ragstream-edge-${NAME}.conf`

/**
 * The site's image of this tag: a small app that answers as Streamlit does, since Streamlit's start takes a second of a processor and its
 * image most of the time of a pull. A file whose subject is the app itself says `useStreamlit()` first.
 */
export const imageName = (tag: string): string => (isStreamlit ? streamlitName(tag) : standInName(tag))
let isStreamlit = false
export const useStreamlit = (): void => {
  isStreamlit = true
}

export type Values = Partial<Record<(typeof allParameters)[number]['name'], string>>

export interface Run {
  readonly exitCode: number | null
  readonly lines: readonly string[]
  readonly last: string
  readonly stderr: string
  /** `step` to `result`; of a step that spoke twice, the last word. */
  readonly results: Readonly<Record<string, string>>
}

function complete(values: Values): Record<string, string> {
  const defaults = allParameters.map((one) => [one.name, 'default' in one ? one.default : ''])
  // Streamlit's own start takes a while on a busy machine. A run gives up an app when its container ends, not at this limit.
  const usual = { Hostname: NAME, Image: imageName('1.4.0'), SiteHash: 'abcdef123456', StartTimeout: '600' }
  return { ...Object.fromEntries(defaults), ...usual, ...values }
}

/** A program as the agent writes it down. */
export function documentOf(values: Values = {}, document: DocumentContent = configureHostDocument()): string {
  const parameters = Object.entries(complete(values)).map(([name, value]) => [name, [value]])
  return paste(document.mainSteps[0].inputs.runCommand.join('\n'), Object.fromEntries(parameters))
}

export async function configure(host: Host, values: Values = {}, env: Record<string, string> = {}): Promise<Run> {
  return read(await host.exec(['bash', '-c', documentOf(values)], { env }))
}

/** A run waits longer for the answers of nginx's old workers: on a busy machine an answer takes longer than usual, and would be cut. */
export const PATIENT_DRAIN = { EDGE_DRAIN_WAIT: '60000', EDGE_HOLD_DRAIN_WAIT: '60000' }

/** Something that is done on the host, by its shell, when a run has printed a line that begins so. The run waits for its end. */
export interface Moment {
  readonly line: string
  readonly act: string
}

/** The last line of a document, whose program then waits for a word after such a line of its report. */
const WAITS = `eval "\${program%main*}"
eval "tell_$(declare -f say)"
say() { tell_say "$@"; case "step=$1 result=$2" in "$MOMENT"*) read -r </root/go-on ;; esac; }
main "$@"`

/** Like `configure` or, with another document, `remove`: and something befalls the host meanwhile. */
export async function runAnd(
  host: Host,
  { line, act }: Moment,
  values: Values = {},
  env: Record<string, string> = {},
  document?: DocumentContent,
): Promise<Run> {
  const script = `cat >/root/document; rm -f /root/go-on; mkfifo /root/go-on; exec 8<>/root/go-on
    setsid bash /root/document 2>/root/errors 8>&- | while IFS= read -r line; do
      printf '%s\\n' "$line"; case $line in "$MOMENT"*) ${act}
        echo >&8 ;; esac
    done; code=\${PIPESTATUS[0]}; cat /root/errors >&2; exit "$code"`
  const stdin = documentOf(values, document).replace(/^eval "\$program"$/m, () => WAITS)
  return read(await host.exec(['bash', '-c', script], { stdin, env: { ...env, MOMENT: line } }))
}

/**
 * What inspect-host says; it must succeed, and in silence, whatever is broken. Its looks get more time than usual, so that a
 * busy machine makes no difference.
 */
export async function inspect(host: Host, env: Record<string, string> = { EDGE_LOOK_WAIT: '20' }): Promise<Inspection> {
  const argv = ['bash', '-c', documentOf({}, inspectHostDocument())]
  const { exitCode, stdout, stderr } = await host.exec(argv, { env })
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
  return parseInspection(stdout)
}

export async function remove(host: Host, values: Values = {}): Promise<Run> {
  return read(await host.exec(['bash', '-c', documentOf(values, removeSiteDocument())]))
}

/** The program of configure-host by hand, from a copy of templates/ on the host, with its words and with the values that a person gives. */
export async function byHand(host: Host, words: readonly string[], values: Values = {}): Promise<Run> {
  const given: Values = { Hostname: NAME, Image: imageName('1.4.0'), ...values }
  const variables = hostParameters.map(({ name, variable }) => [variable, given[name]])
  const env = Object.fromEntries(variables.filter(([, value]) => value !== undefined))
  return read(await host.exec(['bash', '/root/templates/configure-host/main.sh', ...words], { env }))
}

function read({ exitCode, stdout, stderr }: Awaited<ReturnType<Host['exec']>>): Run {
  const lines = stdout.trimEnd().split('\n')
  const results = lines.flatMap((line) => [...line.matchAll(/^step=(\S+) result=(\S+)/g)])
  return {
    exitCode,
    lines,
    stderr,
    last: lines.at(-1) ?? '',
    results: Object.fromEntries(results.map(([, step, result]) => [step, result])),
  }
}

export const sh = async (host: Host, script: string, stdin = ''): Promise<string> =>
  (await host.exec(['sh', '-c', script], { stdin })).stdout

/** `<curl's exit code> <body> <status>` of a request on the host itself. */
export const ask = (host: Host, name: string, path?: string, address?: string): Promise<string> =>
  sh(host, asking(name, path, address)).then((text) => text.trimEnd())

const asking = (name: string, path = '/_stcore/health', address = '127.0.0.1'): string =>
  `out=$(curl -s -m 60 -w ' %{http_code}' -H 'Host: ${name}' 'http://${address}${path}'); echo "$? $out"`

export const SERVED = '0 ok 200'
/** nginx closed the connection without an answer. */
export const NO_SITE = '52  000'

/** Goes before a document: kills its run in the very moment before this command, in whichever of its shells. */
export const killing = (command: string): string =>
  `KILL_AT='${command}'; set -o functrace; trap '[ "$BASH_COMMAND" != "$KILL_AT" ] || kill -KILL $$ $BASHPID' DEBUG\n`

/** The next reload of nginx reloads nothing and ends with that code; those after it are as ever. */
export const spoilReload = (host: Host, code: 0 | 1): Promise<string> =>
  sh(
    host,
    `touch /run/spoiled; mkdir -p /etc/systemd/system/nginx.service.d; cat >/etc/systemd/system/nginx.service.d/reload.conf; systemctl daemon-reload`,
    `[Service]\nExecReload=\nExecReload=/bin/sh -c 'if [ -e /run/spoiled ]; then rm /run/spoiled; exit ${code}; fi; exec /usr/sbin/nginx -s reload'\n`,
  )

/**
 * Each reload of nginx takes two seconds more between the moment in which new workers listen and the one in which the old ones hear
 * that they should go: it is the 100 ms in which both answer, made long enough to be seen.
 */
export const slowReload = (host: Host): Promise<string> =>
  sh(
    host,
    `mkdir -p /etc/systemd/system/nginx.service.d; cat >/root/slow-reload; printf '[Service]\nExecReload=\nExecReload=/bin/sh /root/slow-reload\n' >/etc/systemd/system/nginx.service.d/reload.conf; systemctl daemon-reload`,
    `main=$(cat /run/nginx.pid)
old=$(pgrep -P $main)
nginx -s reload
until pgrep -P $main | grep -qvxF "$old"; do :; done
kill -STOP $main
systemd-run --quiet sh -c "sleep 2; kill -CONT $main"
`,
  )

export const mendReload = (host: Host): Promise<string> =>
  sh(host, 'rm -rf /etc/systemd/system/nginx.service.d /run/spoiled; systemctl daemon-reload')

/** What a command prints on twenty new connections, each line once. */
export const often = (host: Host, command: string): Promise<string> =>
  sh(host, `for n in $(seq 20); do ${command}; done | sort -u`)

export const askOften = (host: Host, name: string): Promise<string> =>
  often(host, asking(name)).then((text) => text.trimEnd())

/** Names of all containers, and which of them run. */
export const containers = async (host: Host): Promise<string[]> =>
  (await sh(host, 'docker ps -a --format "{{.Names}} {{.Status}}"'))
    .split('\n')
    .filter(Boolean)
    .map((line) => line.replace(/ (Up|Exited|Created).*/, (_, word: string) => (word === 'Up' ? ' runs' : ' ended')))
    .sort()

/** The images that start. */
export type Tag = '1.4.0' | '1.5.0'
export const otherThan = (tag: string): Tag => (tag === '1.4.0' ? '1.5.0' : '1.4.0')

/** The tag of the image that the site's container has. */
export const tagOn = async (host: Host): Promise<string> =>
  (await sh(host, `docker inspect --format '{{.Config.Image}}' ${CONTAINER}`)).trim().split(':').at(-1) ?? ''

export const base64 = (text: string): string => Buffer.from(text).toString('base64')
