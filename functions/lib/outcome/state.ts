// What must outlive a run of outcome: which problems a notice was given for, and which starts were said to be live.
// A parameter each below /ragstream-edge/<stage>/state/<hostname>/, outside the event patterns: it is created only where
// there is none yet, so that of two runs side by side only one speaks. Who has deleted a parameter waits 30 s before it creates one of the same name
// (DeleteParameter): so the names end in a number that only grows, and what is over is another parameter, `over/…`.

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
  /** Visitors got the page all the same, when it was told, or at `seen`. */
  readonly serves?: boolean | undefined
  /** ISO 8601: the last failure of the command after it was told. */
  readonly seen?: string | undefined
  /** Which notice of this problem it is, from 1 on. */
  readonly n: number
}

/** A start that was reported as live, for one state of the site. */
export interface LiveMark {
  readonly instanceId: string
  /** Milliseconds since the epoch. */
  readonly launchTime: number
  /** The command's 12 hex. */
  readonly siteHash: string
}

/** What was said, as plans need it. */
export interface SiteState {
  /** What is not over. */
  readonly told: readonly ToldProblem[]
  /** Of each start the mark that was made last. */
  readonly live: readonly LiveMark[]
}

export interface WholeState extends SiteState {
  readonly entries: readonly StateEntry[]
}

interface NumberedMark extends LiveMark {
  /** Which mark of this start it is, from 1 on. */
  readonly n: number
}

/** Two problems of one name are the same. */
export const problemName = ({ name, instanceId = '', about = '' }: OpenProblem): string =>
  `${name}/${instanceId || '-'}/${about || '-'}`

export const noticeName = (told: OpenProblem & Pick<ToldProblem, 'n'>): string => `open/${problemName(told)}/${told.n}`
export const overName = (told: OpenProblem & Pick<ToldProblem, 'n'>): string => `over/${problemName(told)}/${told.n}`

const startName = ({ instanceId, launchTime }: LiveMark): string => `live/${instanceId}/${launchTime}`

export const liveName = (mark: NumberedMark): string => `${startName(mark)}/${mark.n}/${mark.siteHash}`

type Told = Pick<ToldProblem, 'since' | 'headline' | 'given' | 'serves' | 'seen'>

export const problemValue = ({ since, headline, given, serves, seen }: Told): string =>
  JSON.stringify({ since, headline, given, ...(serves && { serves }), ...(seen && { seen }) })

/** The value of a mark whose event did not go out: the next one has another number. */
export const NOT_SAID = 'not said'

/** What does not read as ours is as good as not there: the worst is a notice given twice. */
export function readState(entries: readonly StateEntry[]): WholeState {
  const names = new Set(entries.map(({ name }) => name))
  const said = entries.filter(({ value }) => value !== NOT_SAID)
  return {
    told: entries.flatMap(readTold).filter((one) => !names.has(overName(one))),
    live: said.flatMap(readMark).flatMap(({ n, ...mark }) => (n === lastMark(said, mark) ? [mark] : [])),
    entries,
  }
}

function readTold({ name, value }: StateEntry): ToldProblem[] {
  const [kind, problem = '', instance, about, n] = name.split('/')
  const said = kind === 'open' && isProblemName(problem) ? readValue(value) : undefined
  if (!said || !NUMBER.test(n ?? '')) return []
  const optional = { ...(instance !== '-' && { instanceId: instance! }), ...(about !== '-' && { about: about! }) }
  return [{ name: problem as ProblemName, ...optional, ...said, n: Number(n) }]
}

const NUMBER = /^[1-9]\d*$/

function readMark({ name }: StateEntry): NumberedMark[] {
  const [kind, instanceId, launchTime, n, siteHash] = name.split('/')
  if (kind !== 'live' || !instanceId || !siteHash || !NUMBER.test(n ?? '')) return []
  return [{ instanceId, launchTime: Number(launchTime), siteHash, n: Number(n) }]
}

/** The number in the last part of the name but so many, of those that begin so; 0 where there is none. */
const lastNumber = (entries: readonly StateEntry[], beginning: string, part: number): number =>
  Math.max(
    0,
    ...entries.flatMap(({ name }) => (name.startsWith(`${beginning}/`) ? Number(name.split('/').at(part)) || 0 : [])),
  )

/** Of the notices of a problem, open or over. */
export const lastNotice = (entries: readonly StateEntry[], problem: OpenProblem): number =>
  Math.max(...['open', 'over'].map((kind) => lastNumber(entries, `${kind}/${problemName(problem)}`, -1)))

/** Of the marks of a start. */
export const lastMark = (entries: readonly StateEntry[], mark: LiveMark): number =>
  lastNumber(entries, startName(mark), -2)

/** Milliseconds after which nobody tells a problem again right after its last entries have been deleted. */
const FORGOTTEN = 24 * 3_600_000

/**
 * Entries that may be deleted once a notice is over: those of the notices before it, by whose numbers none is named any more, and of
 * other problems that have been over for a day.
 */
export function outlivedNotices(entries: readonly StateEntry[], told: ToldProblem, now: number): string[] {
  const overs = entries.filter(({ name }) => name.startsWith('over/'))
  const outlived = overs.filter(({ name, value }) => {
    const n = Number(name.split('/').at(-1))
    const isOwn = name === overName({ ...told, n })
    return isOwn ? n < told.n : now - Date.parse(value) > FORGOTTEN
  })
  return outlived.flatMap(({ name }) => [name.replace('over/', 'open/'), name])
}

/** Marks that a new one makes needless: of earlier starts, and of its own start those before the one before it. */
export const outlivedBy = (entries: readonly StateEntry[], mark: NumberedMark): string[] =>
  entries
    .flatMap(readMark)
    .filter(
      ({ instanceId, launchTime, n }) =>
        instanceId === mark.instanceId &&
        (launchTime === mark.launchTime ? n < mark.n - 1 : launchTime < mark.launchTime),
    )
    .map(liveName)

function readValue(value: string): Told | undefined {
  try {
    const { since, headline, given, serves, seen } = JSON.parse(value)
    const said = { since: String(since), headline: String(headline), given: given === true }
    return { ...said, ...(serves === true && { serves }), ...(typeof seen === 'string' && { seen }) }
  } catch {
    return undefined
  }
}

export const sameMark = (a: LiveMark, b: LiveMark): boolean =>
  startName(a) === startName(b) && a.siteHash === b.siteHash

/** The name of a mark, with the site whose state it belongs to. */
export interface SiteMark {
  readonly site: string
  readonly name: string
}

/**
 * Marks of which nobody will ask again: their instance is gone, or their site is no longer declared. At worst a start is said to be live
 * once more.
 */
export function outlivedMarks(
  states: ReadonlyMap<string, WholeState>,
  declared: ReadonlySet<string>,
  instances: readonly { readonly id: string }[],
): SiteMark[] {
  const there = new Set(instances.map(({ id }) => id))
  return [...states].flatMap(([site, { entries }]) =>
    entries
      .flatMap(readMark)
      .filter(({ instanceId }) => !declared.has(site) || !there.has(instanceId))
      .map((mark) => ({ site, name: liveName(mark) })),
  )
}
