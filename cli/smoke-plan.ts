// What a smoke run will do to a site's instances, or why it must not. Pure.
import type { Instance } from '../functions/lib/domain/instance.ts'
import { type Hosts, replaced, told } from './site-power.ts'

export interface SmokePlan {
  /** Ids of what runs; none: nothing has to be stopped first. */
  readonly stop: readonly string[]
  readonly start: readonly string[]
  /** For the person who has to say yes. */
  readonly words: readonly string[]
}

/** A sentence instead of a plan: why not. */
export function planSmoke(hostname: string, { instances, neighbours }: Hosts): SmokePlan | string {
  if (instances.length === 0) return `${hostname}: found no instance with its tags, wanted one: ./edge doctor <target>`
  if (neighbours.length > 0)
    return `${hostname}: its instance also serves ${neighbours.join(', ')}, which a stop would take away: try a site that has its instance for itself`
  const lost = replaced(instances)
  if (lost) return `${hostname}: ${lost}`
  const running = instances.filter(({ state }) => state === 'running')
  const chosen = running.length > 0 ? running : instances.filter(({ state }) => state === 'stopped')
  const turning = instances.filter(({ state }) => state !== 'running' && state !== 'stopped')
  if (turning.length > 0 || chosen.length === 0)
    return `${hostname}: found ${told(instances)}, wanted running or stopped: try again when it rests`
  const start = chosen.map(({ id }) => id)
  return running.length > 0
    ? { stop: start, start, words: [...restart(chosen), ...WARNING] }
    : { stop: [], start, words: wake(start) }
}

const restart = (instances: readonly Instance[]): string[] => [
  `1. stop ${instances.map(({ id, publicIp }) => `${id} (running at ${publicIp ?? 'no address'})`).join(', ')}, until the site is asleep`,
  '2. start it again, until the site is live (at another address, unless it has an Elastic IP)',
  '3. look at every hop once more',
]

const wake = (ids: readonly string[]): string[] => [
  `1. start ${ids.join(', ')}, which is stopped now, until the site is live`,
  '2. look at every hop once more; it then runs on, until ./edge down <target>',
]

const WARNING = [
  'Nobody reaches the site meanwhile. A stop empties instance store volumes (not EBS), and ends whatever else runs there.',
]
