// What the instances of a site say about its addresses: point there, rest, or look again. The table is in plan.ts.
import { hasItsAddress, type Instance } from '../domain/instance.ts'
import type { Site } from '../domain/site.ts'

/** What the instances of a site say about its addresses. */
export type Desired =
  | { readonly kind: 'point'; readonly addressed: readonly Instance[] }
  | { readonly kind: 'rest'; readonly seen: readonly Instance[]; readonly reason: string; readonly byAbsence: boolean }
  | {
      readonly kind: 'undecided'
      readonly action: 'wait' | 'look-again'
      readonly reason: string
      readonly instances: readonly Instance[]
    }

/** What a plan knows besides the instances. */
export interface Knowledge {
  readonly sites: readonly Site[]
  /** Sites for which a look at least a minute ago found no instance either. */
  readonly unmatchedBefore: ReadonlySet<string>
  /** A maintainer says that parking without evidence is meant. */
  readonly force: boolean
}

/** From this many sites on, and beyond this share of them, parking on absence alone is refused. */
const MASS_PARK = { fromSites: 5, share: 1 / 3 }

export const RETIRED: Desired = { kind: 'rest', seen: [], reason: 'the name is retired', byAbsence: false }

/** All that is seen of the site is an instance that starts and has no address yet: whatever its records are, nothing is decided about them. */
export const isOnlyStarting = (seen: readonly Instance[]): boolean =>
  seen.some(({ state }) => state === 'pending') && !seen.some((one) => hasItsAddress(one) || one.state === 'running')

export function desiredOf(site: Site, seen: readonly Instance[], input: Knowledge): Desired {
  const addressed = seen.filter(hasItsAddress)
  if (addressed.length > 0) return { kind: 'point', addressed }
  const [unready, pending] = ['running', 'pending'].map((state) => seen.find((one) => one.state === state))
  if (unready) return undecided('wait', `${unready.id} runs but has no public address yet`, [unready])
  if (pending) return undecided('wait', `${pending.id} is starting`, [pending])
  if (seen.length > 0)
    return { kind: 'rest', seen, reason: seen.map((one) => `${one.id} is ${one.state}`).join(', '), byAbsence: false }
  const tags = Object.entries(site.instances)
    .map(([key, value]) => `${key} = ${value}`)
    .join(', ')
  if (input.force)
    return { kind: 'rest', seen: [], reason: `no instance has ${tags}, and it was forced`, byAbsence: false }
  if (input.unmatchedBefore.has(site.hostname))
    return { kind: 'rest', seen: [], reason: `no instance has ${tags}, in two looks a minute apart`, byAbsence: true }
  return undecided('look-again', `no instance has ${tags}; looking again in a minute`, [])
}

const undecided = (action: 'wait' | 'look-again', reason: string, instances: readonly Instance[]): Desired => ({
  kind: 'undecided',
  action,
  reason,
  instances,
})

/** The sentence of the refusal when absence alone would park too many sites at once, as a lost tag or right would. */
export function massPark(all: readonly Desired[], input: Knowledge): string | undefined {
  const absent = all.filter((desired) => desired.kind === 'rest' && desired.byAbsence).length
  if (input.sites.length < MASS_PARK.fromSites || absent <= input.sites.length * MASS_PARK.share) return undefined
  return `${absent} of ${input.sites.length} sites have no instance at all any more, which is more than a third: a lost tag or permission looks the same. If it is meant, send a look with "force": true (docs/runbook.md)`
}
