// Starts systemd-nspawn for one boot of a host and finds its first process. Everything that must vanish with the host hangs on this process:
// the disk is mounted in a mount namespace of its own, so no mount outlives it.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { WITH_PARENT } from '../command.ts'
import { RUN_MARK } from '../paths.ts'
import { showLayers } from './layers.ts'

/** What every host begins with. No host can write to it. */
export interface Disk {
  /** The tree of its system. */
  readonly tree: string
  /** Layers of images that Docker need not unpack: the part of `prepare/unpacked.ts`. */
  readonly layers?: string
}

export interface Boot {
  readonly run: number
  /** Name of the machine and of its control group: begins with the run's prefix. */
  readonly name: string
  readonly group: string
  readonly namespace: string
  readonly hostname: string
  readonly disk: Disk
  readonly folder: string
}

export interface Supervised {
  /** The host's first process, in this machine's numbering. */
  readonly pid: number
  readonly alive: boolean
  /** Resolves to REBOOT when the host asked to be started again. */
  readonly ended: Promise<number | null>
  kill(): Promise<void>
}

// Without systemd on this machine nobody makes a control group for the host: one per controller, so that hosts do not meet in the root group.
const SCRIPT = `set -eu
if [ -n "$GROUP" ]; then
  # One tree on cgroup v2, one for each controller on v1.
  roots=/sys/fs/cgroup
  [ -e "$roots/cgroup.procs" ] || roots="$roots/*"
  for root in $roots; do
    [ -w "$root/cgroup.procs" ] || continue
    mkdir -p "$root/$GROUP"
    if [ -e "$root/$GROUP/cpuset.cpus" ] && [ -e "$root/cpuset.cpus" ]; then
      for level in "$root/\${GROUP%/*}" "$root/$GROUP"; do
        for file in cpuset.cpus cpuset.mems; do cat "$(dirname "$level")/$file" > "$level/$file"; done
      done
    fi
    echo $$ > "$root/$GROUP/cgroup.procs"
  done
fi
mount -t overlay overlay -o "lowerdir=$BASE,upperdir=$FOLDER/upper,workdir=$FOLDER/work" "$FOLDER/root"
exec "$@"`

/** How systemd-nspawn leaves a restart to whoever started it. */
export const REBOOT = 133

const hasSystemd = existsSync('/run/systemd/system')

function command(boot: Boot): string[] {
  return [
    ...WITH_PARENT,
    ...['unshare', '--mount', '--propagation', 'slave', 'sh', '-c', SCRIPT, 'sh'],
    // Where systemd runs this machine, control groups are its to give.
    ...(hasSystemd ? ['systemd-run', '--scope', '--quiet', '--collect', '--property=Delegate=yes'] : []),
    ...['systemd-nspawn', '--quiet', '--boot', `--directory=${boot.folder}/root`, `--machine=${boot.name}`],
    ...['--register=no', '--keep-unit', `--hostname=${boot.hostname}`],
    `--network-namespace-path=/run/netns/${boot.namespace}`,
    // Docker's engine asks for what a container does not have by default.
    ...['--capability=all', '--system-call-filter=add_key keyctl bpf @keyring'],
    `--bind=${boot.folder}/docker:/var/lib/docker`, // Docker's overlays cannot lie on an overlay.
    ...(boot.disk.layers ? [showLayers(boot.disk.layers)] : []),
    ...['--resolv-conf=off', '--timezone=off', '--console=pipe'],
  ]
}

/** Resolves when the host's first process exists. */
export async function supervise(boot: Boot): Promise<Supervised> {
  const log = await open(`${boot.folder}/console.log`, 'a')
  const [program, ...rest] = command(boot)
  const child = spawn(program as string, rest, {
    stdio: ['ignore', log.fd, log.fd],
    detached: true,
    env: {
      PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
      [RUN_MARK]: String(boot.run),
      GROUP: hasSystemd ? '' : boot.group,
      BASE: boot.disk.tree,
      FOLDER: boot.folder,
      SYSTEMD_NSPAWN_API_VFS_WRITABLE: '1', // Docker sets sysctls of its network.
    },
  })
  const ended = once(child, 'exit').then(async ([code]) => {
    await log.close()
    return code as number | null
  })
  const pid = await firstProcess(child, boot)
  return {
    pid,
    ended,
    get alive() {
      return isAlive(child)
    },
    kill: () => killSupervised(child, pid, ended),
  }
}

/** A machine that is busy with others starts a program late. */
const START_LIMIT_MS = 180_000

const isAlive = (child: ChildProcess) => child.exitCode === null && child.signalCode === null

async function firstProcess(child: ChildProcess, boot: Boot): Promise<number> {
  for (const limit = Date.now() + START_LIMIT_MS; Date.now() < limit && isAlive(child); ) {
    const found = childrenOf(child.pid as number).find((pid) => nameOf(pid) === 'systemd')
    if (found) return found
    await delay(20)
  }
  child.kill('SIGKILL')
  throw new Error(`host ${boot.name}: found no first process, wanted systemd; see ${boot.folder}/console.log`)
}

const childrenOf = (pid: number): number[] =>
  read(`/proc/${pid}/task/${pid}/children`).split(' ').filter(Boolean).map(Number)
const nameOf = (pid: number): string => read(`/proc/${pid}/comm`).trim()

/** Nothing where the process has ended. */
function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

/** Its first process takes every other with it. */
async function killSupervised(child: ChildProcess, pid: number, ended: Promise<unknown>): Promise<void> {
  for (const victim of [pid, child.pid as number])
    try {
      if (isAlive(child)) process.kill(victim, 'SIGKILL')
    } catch {} // Gone already.
  await ended
}
