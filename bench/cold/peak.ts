// How much memory the functions take at their heaviest: a full stage of 100 sites whose instances start together, all of it looked at
// afterwards, each site diagnosed, a certificate obtained. On the packaged bundles, with the heap that Lambda gives them.
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type LocalCloud, startCloud } from '../../local/cloud.ts'
import { until } from '../../local/scenario.ts'
import { publicAddresses } from '../../local/world/world.ts'
import { ZONE } from '../../test/support/domain.ts'
import { startPebble } from '../../test/support/pebble.ts'
import { fullStage, siteNames } from '../full-stage.ts'
import { answeringRoom } from './answering-room.ts'

const SIZE = 100
/** Seconds: only what never comes takes so long. */
const LONG = 300

/** Function -> megabytes: the most that one of its processes held (VmHWM). */
export type Peaks = Readonly<Record<string, number>>

/** @throws Error when a function does not do its work within this memory */
export async function peaks(memoryMb: number): Promise<Peaks> {
  const folder = await fullStage(names(), { memoryMb, fieldsOf: (index) => (index === 0 ? { tls: 'acme' } : {}) })
  const environment: Record<string, string> = {}
  const failures: string[] = []
  const cloud = await startCloud({
    ...{ packageFolder: folder, room: answeringRoom(), workFolder: join(folder, 'functions'), environment },
    ...{ publicPool: publicAddresses(2 * SIZE + 10), registerAfterMs: 0 },
    tempo: { pendingMs: 100, stoppingMs: 100, insyncMs: 1000, route53PerSecond: 5, route53Serial: true },
    onInvoke: (one) => 'error' in one && one.error && failures.push(`${one.function}: ${one.error}`),
  })
  const pebble = await startPebble(`${cloud.dns.address}:${cloud.dns.port}`)
  Object.assign(environment, pebble.environment)
  try {
    await live(cloud)
    await cloud.stack.invoke('resync', { all: true })
    for (const name of names().slice(0, 5)) await cloud.stack.invoke('diagnose', { site: name })
    await cloud.stack.idle()
    if (failures.length > 0) throw new Error(`${memoryMb} MB: ${failures[0]}`)
    return held()
  } finally {
    await cloud.close()
    await pebble.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

const names = () => siteNames(SIZE)

/** From nothing to 100 live sites, all started in one call. */
async function live(cloud: LocalCloud): Promise<void> {
  const { world } = cloud
  world.dispatch({ type: 'CreateHostedZone', id: ZONE, name: 'example.com.' })
  const ids = names().map((hostname) => {
    const tags = { Name: hostname.split('.')[0]!, 'ragstream-edge:stage': 'prod' }
    return world.dispatch<'RunInstance'>({ type: 'RunInstance', tags, state: 'stopped' }).id
  })
  await cloud.deploy()
  await cloud.stack.idle()
  world.dispatch({ type: 'StartInstances', ids })
  await until(cloud, 'every host is configured', LONG, ({ commands }) => {
    const well = [...commands.values()].filter(({ documentName }) => documentName.includes('ConfigureHost'))
    const done = new Set(
      well.flatMap((one) => [...one.invocations.values()].flatMap((of) => (of.endedAt ? of.instanceId : []))),
    )
    return done.size === SIZE || undefined
  })
  const isStored = (world: LocalCloud['world']['state']) =>
    world.parameters.has(`/ragstream-edge/prod/certificates/${names()[0]}`) || undefined
  await until(cloud, 'a certificate is stored', LONG, isStored)
  await cloud.stack.idle()
}

/** Of the execution environments that live now. */
function held(): Peaks {
  const found: Record<string, number> = {}
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name)))
    try {
      const status = readFileSync(`/proc/${pid}/status`, 'utf8')
      if (Number(/^PPid:\s+(\d+)/m.exec(status)?.[1]) !== process.pid) continue
      const name = /AWS_LAMBDA_FUNCTION_NAME=ragstream-edge-prod-([\w-]+)/.exec(
        readFileSync(`/proc/${pid}/environ`, 'utf8'),
      )?.[1]
      const peak = Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1]) / 1024
      if (name) found[name] = Math.max(found[name] ?? 0, peak)
    } catch {
      // It ended meanwhile.
    }
  return found
}
