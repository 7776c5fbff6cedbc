// What must outlive a run of outcome: which problems a notice was given for, and which starts were said to be live.
// A parameter each below /ragstream-edge/<stage>/state/<hostname>/, outside the event patterns: it is created only where
// there is none yet, so that of two runs side by side only one speaks.

import { isProblemName, type ProblemName } from '../domain/problem.ts'

/** A parameter below `state/<hostname>/`; `name` is what follows. */
export interface StateEntry {
  readonly name: string
  readonly value: string
}

export interface OpenProblem {
  readonly name: ProblemName
  /** Where it is about one instance. */
  readonly instanceId?: string
  /** Tells two problems of one name apart: the state of the site that failed, or which errors a document has. */
  readonly about?: string
}

/** A problem of which the maintainer has been told. */
export interface ToldProblem extends OpenProblem {
  /** ISO 8601. */
  readonly since: string
  readonly headline: string
  /** False while its notice is being given: a run that died there leaves it so. */
  readonly given: boolean
}

/** A start that was reported as live, for one state of the site. */
export interface LiveMark {
  readonly instanceId: string
  /** Milliseconds since the epoch. */
  readonly launchTime: number
  /** The command's 12 hex. */
  readonly siteHash: string
}

export interface SiteState {
  readonly told: readonly ToldProblem[]
  readonly live: readonly LiveMark[]
}

export const problemName = ({ name, instanceId = '', about = '' }: OpenProblem): string =>
  `open/${name}/${instanceId || '-'}/${about || '-'}`

export const liveName = ({ instanceId, launchTime, siteHash }: LiveMark): string =>
  `live/${instanceId}/${launchTime}/${siteHash}`

export const problemValue = ({ since, headline, given }: ToldProblem): string =>
  JSON.stringify({ since, headline, given })

/** What does not read as ours is as good as not there: the worst is a notice given twice. */
export function readState(entries: readonly StateEntry[]): SiteState {
  const parts = entries.map(({ name, value }) => [name.split('/'), value] as const)
  return {
    told: parts.flatMap(([[kind, name, instance, about], value]) => {
      const said = kind === 'open' ? readValue(value) : undefined
      if (!name || !isProblemName(name) || !said) return []
      const optional = { ...(instance !== '-' && { instanceId: instance! }), ...(about !== '-' && { about: about! }) }
      return [{ name, ...optional, ...said }]
    }),
    live: parts.flatMap(([[kind, instanceId, launchTime, siteHash]]) =>
      kind === 'live' && instanceId && siteHash ? [{ instanceId, launchTime: Number(launchTime), siteHash }] : [],
    ),
  }
}

function readValue(value: string): Pick<ToldProblem, 'since' | 'headline' | 'given'> | undefined {
  try {
    const { since, headline, given } = JSON.parse(value)
    return { since: String(since), headline: String(headline), given: given === true }
  } catch {
    return undefined
  }
}

export const sameMark = (a: LiveMark, b: LiveMark): boolean => liveName(a) === liveName(b)

/** A mark, with the site whose state it belongs to. */
export interface SiteMark {
  readonly site: string
  readonly mark: LiveMark
}

/**
 * Marks of which nobody will ask again: their instance is gone, or their site is no longer declared. At worst a start is said to be live
 * once more.
 */
export function outlivedMarks(
  states: ReadonlyMap<string, SiteState>,
  declared: ReadonlySet<string>,
  instances: readonly { readonly id: string }[],
): SiteMark[] {
  const there = new Set(instances.map(({ id }) => id))
  return [...states].flatMap(([site, { live }]) =>
    live.flatMap((mark) => (declared.has(site) && there.has(mark.instanceId) ? [] : [{ site, mark }])),
  )
}
