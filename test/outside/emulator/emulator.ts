// An AWS account on ministack for one test file, in a network namespace of its own that no packet leaves.
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { Agent } from 'node:http'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { ministack, UNSHARE } from '../../../scripts/outside.ts'

/** Of the zones, and everybody's resolver: the bench's. */
export const NAME_SERVER = '198.51.100.53'
const HERE = import.meta.dirname

/** Whatever would leave meets the one route there is, and the rule that counts it. The addresses for documentation are the bench's. */
const NAMESPACE = `
ip link set lo up
for net in 192.0.2.0/24 198.51.100.0/24 203.0.113.0/24; do ip route add local "$net" dev lo; done
ip link add nowhere type veth peer name nobody
echo 1 >/proc/sys/net/ipv6/conf/nowhere/disable_ipv6
ip link set nowhere up
ip route add default dev nowhere
nft -f - <<'RULES'
table inet outside {
  counter left { }
  set aims { type ipv4_addr . inet_service; flags dynamic; }
  chain output {
    type filter hook output priority 0
    oifname "lo" accept
    counter name left
    update @aims { ip daddr . th dport }
    reject
  }
}
RULES
exec "$@"`

export interface Decision {
  /** ARN of who asked. */
  readonly principal: string
  readonly action: string
  readonly resource: string
  readonly denied: boolean
}

export interface Emulator {
  /** For an SDK client: the administrator of the account, who may do everything. */
  readonly client: ReturnType<typeof clientSettings>
  /** What IAM was asked so far, in order. */
  decisions(): Decision[]
  /** Runs a program in the namespace. Rejects where it fails, as execFile does. */
  run(argv: readonly string[], options: RunOptions): Promise<{ stdout: string; stderr: string }>
  /** Packets that would have left, and where to. */
  left(): Promise<{ packets: number; aims: string[] }>
  /** URL of the authority's directory. @throws Error where it was not asked for */
  readonly authority: () => string
  /** The folder that is an instance's disk. */
  disk(instanceId: string): string
  /** What the emulator, the hosts and the functions printed. */
  log(): string
  close(): Promise<void>
}

interface RunOptions {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
}

/** `authority`: pebble stands in the namespace, too, and the functions trust it. */
export async function startEmulator(authority = false): Promise<Emulator> {
  const python = join(dirname(ministack()), 'python')
  const folder = mkdtempSync(join(tmpdir(), 'ragstream-edge-outside-'))
  const [unshare, ...kinds] = UNSHARE
  const bench = spawn(
    unshare,
    [
      ...kinds,
      ...['sh', '-ec', NAMESPACE, 'sh'],
      ...[process.execPath, join(HERE, 'bench.ts'), folder, python, join(HERE, 'additions.py'), NAME_SERVER],
      ...(authority ? [`${folder}/authority`] : []),
    ],
    { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, NODE_OPTIONS: '', PATH: withNode() } },
  )
  let log = ''
  for (const stream of [bench.stdout, bench.stderr]) stream.setEncoding('utf8').on('data', (text) => (log += text))
  const client = clientSettings(`${folder}/emulator.sock`)
  await listening(bench, `${folder}/emulator.sock`, () => log)
  const user = kinds.some((kind) => kind === '--user') ? ['--user', '--preserve-credentials'] : []
  const enter = ['nsenter', '--net', ...user, `--target=${bench.pid}`, '--']
  const run: Emulator['run'] = ([...argv], { cwd, env = {} }) => {
    const [command = '', ...words] = [...enter, ...argv]
    const options = { cwd, env: { PATH: withNode(), HOME: folder, TMPDIR: folder, ...env }, maxBuffer: 1e8 }
    return promisify(execFile)(command, words, options)
  }
  return {
    client,
    run,
    decisions: () => decisionsIn(`${folder}/decisions.jsonl`),
    authority: () => readFileSync(`${folder}/authority`, 'utf8'),
    disk: (instanceId) => join(folder, 'hosts', instanceId),
    log: () => log,
    async left() {
      const { stdout } = await run(['nft', '-j', 'list', 'ruleset'], {})
      const { nftables } = JSON.parse(stdout)
      const { counter } = nftables.find((one: object) => 'counter' in one)
      const { set } = nftables.find((one: object) => 'set' in one)
      return { packets: counter.packets, aims: (set.elem ?? []).map((one: unknown) => JSON.stringify(one)) }
    },
    async close() {
      bench.stdin.end()
      if (bench.exitCode === null && bench.signalCode === null) await once(bench, 'exit')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** The `node` on the PATH is the functions' runtime: this process's own. */
const withNode = () => `${dirname(process.execPath)}:${process.env.PATH}:/usr/sbin:/sbin`

function clientSettings(socketPath: string) {
  // Its TCP port is in the namespace; this process is not.
  const httpAgent = new Agent({ socketPath, keepAlive: true } as ConstructorParameters<typeof Agent>[0])
  return {
    region: 'eu-central-1',
    endpoint: 'http://127.0.0.1:4566',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    requestHandler: { httpAgent },
  }
}

async function listening(bench: ChildProcess, socket: string, log: () => string): Promise<void> {
  while (!existsSync(socket)) {
    if (bench.exitCode !== null || bench.signalCode !== null) throw new Error(`the emulator did not start:\n${log()}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

function decisionsIn(file: string): Decision[] {
  if (!existsSync(file)) return []
  // The emulator may be writing the last line.
  return readFileSync(file, 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line))
}
