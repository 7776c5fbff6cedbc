// One look at a site, shared by all who ask: EC2, the marks of `outcome`, the name servers, and the door's own entries.
import { hasItsAddress, type Instance, selectInstances, startOf } from '../domain/instance.ts'
import type { Site } from '../domain/site.ts'
import { readState, type StateEntry } from '../outcome/state.ts'
import { together } from '../steps/together.ts'
import { readEntries } from './entries.ts'
import type { Mark, Seen } from './plan.ts'
import type { DoorPorts } from './ports.ts'

/** Milliseconds for which a look serves everybody. */
export const FRESH = 2_000
/** Milliseconds for which the declared sites are remembered. */
const SITES_FRESH = 60_000
/** Milliseconds between two looks at the list of commands. */
const COMMANDS_FRESH = 10_000

/** A read that all callers share for a while; one that failed is not kept. */
function shared<T>(ports: Pick<DoorPorts, 'clock'>, age: number, read: (key: string) => Promise<T>) {
  const kept = new Map<string, { readonly at: number; readonly value: Promise<T> }>()
  const get = (key: string): Promise<T> => {
    const last = kept.get(key)
    if (last && ports.clock.now() - last.at < age) return last.value
    const value = read(key)
    kept.set(key, { at: ports.clock.now(), value })
    value.catch(() => kept.delete(key))
    return value
  }
  return { get, forget: (key: string) => void kept.delete(key) }
}

export interface Looks {
  /** Undefined: no site of this name has a door. */
  siteOf(hostname: string): Promise<Site | undefined>
  look(site: Site): Promise<Seen>
  /** What was just done changes what is seen. */
  forget(hostname: string): void
}

export function createLooks(ports: DoorPorts): Looks {
  const { clock } = ports
  const sites = shared(ports, SITES_FRESH, async () =>
    (await ports.readSites()).sites.filter(({ door }) => door !== null),
  )
  const instances = shared(ports, FRESH, () => ports.listInstances())
  const named = firstTimes(clock)
  const configured = configuredStarts(ports)
  const declared = new Map<string, Site>()
  const seen = shared(ports, FRESH, async (hostname): Promise<Seen> => {
    const site = declared.get(hostname)!
    const own = selectInstances([site], await instances.get('')).get(hostname) ?? []
    const nobody = { ...{ site, instances: own }, marks: [], told: [], isNamed: false, namedSince: undefined }
    if (!own.some(({ state }) => state === 'running' || state === 'pending'))
      return { ...nobody, isConfigured: false, entries: readEntries(await ports.readEntries(hostname)) }
    const up = own.filter(hasItsAddress).filter(({ state }) => state === 'running')
    const [state, entries, isNamed, isConfigured] = await together([
      ports.readState(hostname),
      ports.readEntries(hostname),
      up.length > 0 && leadsTo(ports, hostname, up),
      up.length > 0 && configured(hostname, up),
    ])
    const since = named(`${hostname} ${up.map(startOf).sort().join(' ')}`, isNamed)
    return {
      ...{ site, instances: own, isNamed, isConfigured },
      ...{ marks: marksOf(state), told: readState(state).told, namedSince: since, entries: readEntries(entries) },
    }
  })
  return {
    async siteOf(hostname) {
      const site = (await sites.get('')).find((one) => one.hostname === hostname)
      if (site) declared.set(hostname, site)
      return site
    },
    look: (site) => seen.get(site.hostname),
    forget(hostname) {
      seen.forget(hostname)
      instances.forget('')
    },
  }
}

/** Every name server says an address of a running instance, and no other. */
async function leadsTo(ports: DoorPorts, hostname: string, up: readonly Instance[]): Promise<boolean> {
  const right = new Set(up.flatMap(({ publicIp }) => publicIp ?? []))
  const answers = await ports.namedAddresses(hostname)
  return answers.length > 0 && answers.every((one) => one.length > 0 && one.every((address) => right.has(address)))
}

/** When something was first seen to be so, for one start at a time. */
function firstTimes({ now }: DoorPorts['clock']) {
  const times = new Map<string, number>()
  return (key: string, isSo: boolean): number | undefined => {
    const [hostname] = key.split(' ')
    for (const other of times.keys()) if (other !== key && other.split(' ')[0] === hostname) times.delete(other)
    if (!isSo) times.delete(key)
    else if (!times.has(key)) times.set(key, now())
    return times.get(key)
  }
}

/** A start that was once configured stays so. */
function configuredStarts(ports: DoorPorts) {
  const known = new Map<string, { readonly at: number; readonly isDone: boolean }>()
  return async (hostname: string, up: readonly Instance[]): Promise<boolean> => {
    const key = up.map(startOf).sort().join(' ')
    const last = known.get(`${hostname} ${key}`)
    if (last && (last.isDone || ports.clock.now() - last.at < COMMANDS_FRESH)) return last.isDone
    for (const other of known.keys()) if (other.split(' ')[0] === hostname) known.delete(other)
    const isDone = !(await together(up.map((one) => ports.isConfigured(hostname, one)))).includes(false)
    known.set(`${hostname} ${key}`, { at: ports.clock.now(), isDone })
    return isDone
  }
}

/** Each start that was live, since its first mark that is still there. */
function marksOf(entries: readonly StateEntry[]): Mark[] {
  return readState(entries).live.flatMap((mark) => {
    const beginning = `live/${mark.instanceId}/${mark.launchTime}/`
    const times = entries.flatMap(({ name, value }) => (name.startsWith(beginning) ? Date.parse(value) : []))
    const at = Math.min(...times.filter(Number.isFinite))
    return Number.isFinite(at) ? [{ ...mark, at }] : []
  })
}
