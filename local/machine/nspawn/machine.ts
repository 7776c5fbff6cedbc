// One host: its disk lies in a folder and outlives every boot; its network interface and its processes live from boot to power-off.
import { existsSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { VPC_RESOLVER } from '../network/layout.ts'
import type { Network } from '../network/network.ts'
import { turns } from '../turn.ts'
import type { ExecOptions, ExecResult, Machine } from '../types.ts'
import { execOn } from './exec.ts'
import { giveLayers } from './layers.ts'
import { type Disk, REBOOT, type Supervised, supervise } from './supervise.ts'

export interface HostOptions {
  readonly run: number
  readonly network: Network
  readonly disk: Disk
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

/** Alone it takes seconds. */
const BOOT_LIMIT_MS = 180_000
/** systemd gives each service 90 s, EC2 is patient too; a bench is not: Docker stops a container within 10 s. */
const POWER_OFF_LIMIT_MS = 20_000

export function host(name: string, options: HostOptions): Host {
  const { network, privateIp, folder } = options
  const inTurn = turns()
  let up: Supervised | undefined
  let problem = ''

  async function boot(): Promise<void> {
    if (up) return
    const started = await start(name, options)
    up = started
    // It may also end by itself: `poweroff` or `reboot` on the host, or a kill from outside.
    void started.ended.then((code) => inTurn(() => endedByItself(started, code)))
    await untilBooted(started, name).catch(async (error: unknown) => {
      await end(started)
      throw error
    })
  }

  async function endedByItself(ended: Supervised, code: number | null): Promise<void> {
    if (up !== ended) return
    await end(ended)
    if (code === REBOOT)
      await boot().catch((error: Error) => {
        problem = `, its reboot failed: ${error.message}`
      })
  }

  async function end(running: Supervised): Promise<void> {
    await running.kill()
    up = undefined
    await network.detachHost(privateIp)
  }

  async function cutPower(): Promise<void> {
    await up?.kill() // Not in turn: a boot under way ends by it.
    await inTurn(async () => void (up && (await end(up))))
  }

  return {
    name,
    privateIp,
    get running() {
      return up?.alive ?? false
    },
    boot: () => inTurn(boot),
    async exec(argv: readonly string[], execOptions?: ExecOptions): Promise<ExecResult> {
      if (!up?.alive) throw new Error(`host ${name}: found it powered off, wanted it running${problem}`)
      return execOn(up.pid, argv, execOptions)
    },
    powerOff: () =>
      inTurn(async () => {
        if (!up) return
        await askToPowerOff(up)
        await end(up)
      }),
    cutPower,
    async destroy() {
      await cutPower()
      await rm(folder, { recursive: true, force: true })
      options.onDestroyed()
    },
  }
}

async function start(name: string, { run, network, privateIp, folder, disk }: HostOptions): Promise<Supervised> {
  const hostname = hostnameOf(privateIp)
  await prepareDisk(folder, hostname, disk)
  const { namespace } = await network.attachHost(privateIp)
  const { prefix } = network.layout
  const boot = { run, name: `${prefix}-${name}`, group: `${prefix}/${name}`, namespace, hostname, disk, folder }
  return supervise(boot).catch(async (error: unknown) => {
    await network.detachHost(privateIp)
    throw error
  })
}

async function askToPowerOff({ pid, ended }: Supervised): Promise<void> {
  await execOn(pid, ['systemctl', 'poweroff'], { timeoutMs: POWER_OFF_LIMIT_MS })
  await Promise.race([ended, delay(POWER_OFF_LIMIT_MS, undefined, { ref: false })])
}

/** As EC2 names a host by its address. */
const hostnameOf = (privateIp: string) => `ip-${privateIp.replaceAll('.', '-')}`

async function prepareDisk(folder: string, hostname: string, { layers }: Disk): Promise<void> {
  const isNew = !existsSync(join(folder, 'docker'))
  for (const name of ['upper/etc', 'work', 'root', 'docker']) await mkdir(join(folder, name), { recursive: true })
  if (isNew && layers) await giveLayers(layers, join(folder, 'docker'))
  const etc = (name: string, text: string) => writeFile(join(folder, 'upper/etc', name), text)
  await etc('hostname', `${hostname}\n`)
  await etc('hosts', `127.0.0.1 localhost\n127.0.1.1 ${hostname}\n`)
  await etc('resolv.conf', `nameserver ${VPC_RESOLVER}\n`)
}

/** `degraded` is up as well: a unit that has no place in a namespace failed. */
async function untilBooted(started: Supervised, name: string): Promise<void> {
  const limit = Date.now() + BOOT_LIMIT_MS
  let state = ''
  while (Date.now() < limit && started.alive) {
    const timeoutMs = limit - Date.now()
    const asked = await execOn(started.pid, ['systemctl', 'is-system-running', '--wait'], { timeoutMs })
    state = asked.stdout.trim() || asked.stderr.trim()
    if (state === 'running' || state === 'degraded') return
    await delay(20) // Its first process does not answer yet.
  }
  throw new Error(
    `host ${name}: found it ${started.alive ? state || 'silent' : 'ended'}, wanted it running within ${BOOT_LIMIT_MS / 1000} s`,
  )
}
