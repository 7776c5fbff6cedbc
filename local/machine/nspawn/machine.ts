// One host: its disk lies in a folder and outlives every boot; its network interface and its processes live from boot to power-off.
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { VPC_RESOLVER } from '../network/layout.ts'
import type { Network } from '../network/network.ts'
import type { ExecOptions, ExecResult, Machine } from '../types.ts'
import { execOn } from './exec.ts'
import { type Supervised, supervise } from './supervise.ts'

export interface HostOptions {
  readonly run: number
  readonly network: Network
  /** The disk image that every host begins with. */
  readonly base: string
  readonly folder: string
  readonly privateIp: string
  readonly onDestroyed: () => void
}

/** A machine that can also lose its power. */
export interface Host extends Machine {
  readonly privateIp: string
  /** Every process ends at once, nothing is written back first. */
  cutPower(): Promise<void>
}

const BOOT_LIMIT_MS = 60_000
/** systemd gives each service 90 s, EC2 is patient too; a bench is not: Docker stops a container within 10 s. */
const POWER_OFF_LIMIT_MS = 20_000

export function host(name: string, options: HostOptions): Host {
  const { network, privateIp, folder } = options
  let up: Supervised | undefined

  async function boot(): Promise<void> {
    if (up) return
    await prepareDisk(folder, hostnameOf(privateIp))
    const { namespace } = await network.attachHost(privateIp)
    const group = `${network.layout.prefix}/${name}`
    const started = await supervise({
      run: options.run,
      name: `${network.layout.prefix}-${name}`,
      group,
      namespace,
      hostname: hostnameOf(privateIp),
      base: options.base,
      folder,
    }).catch(async (error: unknown) => {
      await network.detachHost(privateIp)
      throw error
    })
    up = started
    // It may also end by itself: `systemctl poweroff` on the host, or a kill from outside.
    started.ended.then(() => {
      if (up === started) up = undefined
    })
    await untilBooted(started.pid, name).catch(async (error: unknown) => {
      await end(started, 'kill')
      throw error
    })
  }

  async function end(running: Supervised, how: 'poweroff' | 'kill'): Promise<void> {
    if (how === 'poweroff') {
      await execOn(running.pid, ['systemctl', 'poweroff'], { timeoutMs: POWER_OFF_LIMIT_MS })
      await Promise.race([running.ended, delay(POWER_OFF_LIMIT_MS, undefined, { ref: false })])
    }
    await running.kill()
    up = undefined
    await network.detachHost(privateIp)
  }

  return {
    name,
    privateIp,
    get running() {
      return up !== undefined
    },
    boot,
    async exec(argv: readonly string[], execOptions?: ExecOptions): Promise<ExecResult> {
      if (!up) throw new Error(`host ${name}: found it powered off, wanted it running`)
      return execOn(up.pid, argv, execOptions)
    },
    powerOff: async () => void (up && (await end(up, 'poweroff'))),
    cutPower: async () => void (up && (await end(up, 'kill'))),
    async destroy() {
      if (up) await end(up, 'kill')
      await rm(folder, { recursive: true, force: true })
      options.onDestroyed()
    },
  }
}

/** As EC2 names a host by its address. */
const hostnameOf = (privateIp: string) => `ip-${privateIp.replaceAll('.', '-')}`

async function prepareDisk(folder: string, hostname: string): Promise<void> {
  for (const name of ['upper/etc', 'work', 'root', 'docker']) await mkdir(join(folder, name), { recursive: true })
  const etc = (name: string, text: string) => writeFile(join(folder, 'upper/etc', name), text)
  await etc('hostname', `${hostname}\n`)
  await etc('hosts', `127.0.0.1 localhost\n127.0.1.1 ${hostname}\n`)
  await etc('resolv.conf', `nameserver ${VPC_RESOLVER}\n`)
}

/** `degraded` is up as well: a unit that has no place in a namespace failed. */
async function untilBooted(pid: number, name: string): Promise<void> {
  const limit = Date.now() + BOOT_LIMIT_MS
  let state = ''
  while (Date.now() < limit) {
    const left = limit - Date.now()
    const asked = await execOn(pid, ['systemctl', 'is-system-running', '--wait'], { timeoutMs: left })
    state = asked.stdout.trim() || asked.stderr.trim()
    if (state === 'running' || state === 'degraded') return
    await delay(20) // Its first process does not answer yet.
  }
  throw new Error(`host ${name}: found it ${state || 'silent'} after ${BOOT_LIMIT_MS / 1000} s, wanted running`)
}
