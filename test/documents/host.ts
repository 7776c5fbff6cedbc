// A rendered host for tests of the host's programs: run the document, look at the disk, replace a program by a fake.
import { chmodSync, cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { HEALTH_PATH, STREAM_PATH } from '../../local/machine/app-paths.ts'
import { renderedMachine } from '../../local/machine/rendered/machine.ts'
import { request } from '../../local/machine/rendered/requests.ts'
import { changeState, type HostState, type Image, readState } from '../../local/machine/rendered/state.ts'
import type { ExecOptions, ExecResult, Machine } from '../../local/machine/types.ts'
import {
  configureHostDocument,
  inspectHostDocument,
  lookUseDocument,
  readLogsDocument,
  removeSiteDocument,
} from '../../resources/documents.ts'
import { CONTAINER, documentText, environment, NAME, type Values } from './values.ts'

export { base64, CONTAINER, NAME, type Values } from './values.ts'

export interface Run {
  readonly exitCode: number | null
  readonly lines: readonly string[]
  readonly last: string
  /** `step` to `result`; of a step that spoke twice, the last word. */
  readonly results: Readonly<Record<string, string>>
}

export interface Host {
  readonly machine: Machine
  readonly root: string
  /** The composed document, as an agent would run it. */
  configure(values?: Values, env?: Readonly<Record<string, string>>): Promise<Run>
  /** The same from the file in templates/, uncomposed. */
  configureDirectly(values?: Values): Promise<Run>
  /** The remove-site document. */
  remove(values?: Values, env?: Readonly<Record<string, string>>): Promise<Run>
  /** Its program by hand, with these words. */
  removeByHand(words: readonly string[], values?: Values): Promise<Run>
  /** What the inspect-host document prints on standard output, and on standard error. Its looks have time, also on a busy machine. */
  inspect(values?: Values, env?: Readonly<Record<string, string>>): Promise<ExecResult>
  /** What the look-use document prints. */
  lookUse(values?: Values, env?: Readonly<Record<string, string>>): Promise<ExecResult>
  /** What the read-logs document prints. */
  logs(values?: Values, env?: Readonly<Record<string, string>>): Promise<ExecResult>
  state(): HostState
  change(change: (state: HostState) => HostState): void
  image(reference: string, image?: Partial<Image>): void
  file(name: string): string
  exists(name: string): boolean
  write(name: string, text: string): void
  /** Calls of the recorders since the last time this was asked. */
  calls(): string[]
  /** Bash text that stands for a program; `real` is the command to call the program that was there. */
  fake(program: string, text: (real: string) => string): void
  destroy(): Promise<void>
}

export const SITE_FILE = `etc/nginx/conf.d/ragstream-edge-${NAME}.conf`

const CONFIGURE = configureHostDocument()
const INSPECT = inspectHostDocument()
const REMOVE = removeSiteDocument()
const LOGS = readLogsDocument()
const USE = lookUseDocument()

/** A booted host: bare, or with the disk of another one, which must be off. */
export async function newHost(disk?: string): Promise<Host> {
  const root = path.join(mkdtempSync(path.join(tmpdir(), 'ragstream-edge-host-')), 'disk')
  if (disk !== undefined) cpSync(disk, root, { recursive: true, verbatimSymlinks: true })
  const machine = renderedMachine('test', root)
  await machine.boot()
  const at = (name: string): string => path.join(root, name)
  let seen = 0
  async function run(argv: readonly string[], options: ExecOptions): Promise<Run> {
    const { exitCode, stdout } = await machine.exec(argv, options)
    const lines = stdout.trimEnd().split('\n')
    const results = lines
      .flatMap((line) => [...line.matchAll(/^step=(\S+) result=(\S+)/g)])
      .map(([, step, result]) => [step, result])
    return { exitCode, lines, last: lines.at(-1) ?? '', results: Object.fromEntries(results) }
  }
  return {
    machine,
    root,
    configure: (values, env = {}) => run(['bash', '-c', documentText(CONFIGURE, values)], { env }),
    configureDirectly: (values) =>
      run(['bash', path.resolve('templates/configure-host/main.sh')], { env: environment(values) }),
    remove: (values, env = {}) => run(['bash', '-c', documentText(REMOVE, values)], { env }),
    removeByHand: (words, values) =>
      run(['bash', path.resolve('templates/remove-site/main.sh'), ...words], { env: environment(values) }),
    inspect: (values, env = { EDGE_LOOK_WAIT: '60' }) =>
      machine.exec(['bash', '-c', documentText(INSPECT, values)], { env }),
    lookUse: (values, env = {}) =>
      machine.exec(['bash', '-c', documentText(USE, { Hostnames: NAME, ...values })], { env }),
    logs: (values, env = {}) => machine.exec(['bash', '-c', documentText(LOGS, values)], { env }),
    state: () => readState(root),
    change: (change) => changeState(root, change),
    image(reference, image = {}) {
      const usual: Image = {
        id: `sha256:${reference}`,
        repoDigests: [],
        listens: 8501,
        healthPath: HEALTH_PATH,
        streamPath: STREAM_PATH,
        health: 'ok',
        exitCode: 0,
        log: '',
      }
      changeState(root, (state) => ({ ...state, images: { ...state.images, [reference]: { ...usual, ...image } } }))
    },
    file: (name) => readFileSync(at(name), 'utf8'),
    exists: (name) => existsSync(at(name)),
    write: (name, text) => writeFileSync(at(name), text),
    calls() {
      const all = readFileSync(at('.machine/calls.log'), 'utf8').trimEnd().split('\n')
      const fresh = all.slice(seen)
      seen = all.length
      return fresh
    },
    fake(program, text) {
      const file = at(`.machine/bin/${program}`)
      cpSync(file, `${file}.real`, { verbatimSymlinks: true })
      rmSync(file)
      // What stands there is mostly bash as well, and ends by `exit`: to read it costs less than to start it.
      const real = `'${file}.real'`
      const isBash = readFileSync(`${file}.real`, 'latin1').startsWith('#!')
      const script = isBash ? text(real).replaceAll(`exec ${real}`, `source ${real}`) : text(real)
      writeFileSync(file, `#!/usr/bin/env bash\n${script}\n`)
      chmodSync(file, 0o755)
    },
    async destroy() {
      await machine.destroy()
      rmSync(path.dirname(root), { recursive: true, force: true })
    },
  }
}

/** For `fake('systemctl', …)`: the children of this process stand for workers of nginx that do not go before there is a file `well`. */
export const workersStay = (real: string): string =>
  `case "$*" in *MainPID*) [ -e "$HOME/well" ] || { echo MainPID=${process.pid}; exit 0; } ;; esac; exec ${real} "$@"`

export interface Configured {
  /** Configured once, and off since. */
  readonly host: Host
  /** Runs a test on a host of its own that has the disk of the configured one: tests may run side by side. */
  onCopy(act: (host: Host) => Promise<void>): Promise<void>
}

/** For the tests of one file. */
export function configuredOnce(values?: Values): Configured {
  let host: Host
  beforeAll(async () => {
    host = await newHost()
    await host.configure(values)
    await host.machine.powerOff()
  })
  afterAll(() => host.destroy())
  return {
    get host() {
      return host
    },
    async onCopy(act) {
      const copy = await newHost(host.root)
      try {
        await act(copy)
      } finally {
        await copy.destroy()
      }
    },
  }
}

export interface Copies {
  readonly configured: Host
  /** Of the test that runs. */
  readonly host: Host
}

/** For the tests of one file: a configured host, and for each test a copy of it. */
export function copyForEach(values?: Values): Copies {
  const once = configuredOnce(values)
  let host: Host
  beforeEach(async () => {
    host = await newHost(once.host.root)
  })
  afterEach(() => host.destroy())
  return {
    get configured() {
      return once.host
    },
    get host() {
      return host
    },
  }
}

/** The site is served by the same file and container as on the other host, and nothing is left lying about. */
export function expectServedAsBefore(host: Host, before: Host): void {
  expect(host.file(SITE_FILE)).toBe(before.file(SITE_FILE))
  expect(host.state().containers).toMatchObject([{ name: CONTAINER, image: 'ragstream:1.4.0', running: true }])
  expect(request(host.state(), 80, NAME, '/_stcore/health')).toEqual({ status: 200, body: 'ok' })
  for (const left of ['.ragstream-edge-stage', '.ragstream-edge-main'])
    expect(host.exists(`etc/nginx/${left}`)).toBe(false)
  expect(host.exists(`var/lib/ragstream-edge/${NAME}/nginx.previous`)).toBe(false)
}
