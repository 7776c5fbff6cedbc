// What a visitor is shown: of a look and its judgement, for page and script alike.

import { isPressable, type Judged, judge, type Seen, type State } from '../plan.ts'
import { siteUrl } from '../request.ts'
import { type Hop, hopsOf, sentenceOf, usually } from './words.ts'

export interface View {
  readonly state: State
  readonly sentence: string
  readonly hops: readonly Hop[]
  readonly usually?: string
  /** Somebody may press the button. */
  readonly button: boolean
  readonly ticket?: string
  /** Seconds after which a page that has started it asks again. */
  readonly again?: number
  /** The button wants a password. */
  readonly password: boolean
  /** Where the site is: nothing keeps the visitor any more. */
  readonly leads?: string
  /** It changes by itself. */
  readonly isWaiting: boolean
}

/** What somebody is told who has just pressed the button. By name, since a name passes through an address. */
export const SAID: Readonly<Record<string, string>> = {
  wrong: 'This password is wrong.',
  refused: 'It could not be started. Its owner has been told.',
}

export interface Asked {
  readonly to: string
  readonly now: number
  /** Milliseconds. */
  readonly again: number
  /** A name of SAID. */
  readonly said?: string | undefined
}

export function viewOf(seen: Seen, { to, now, again, said = '' }: Asked): View {
  const judged = judge(seen, now)
  const { state, ticket, start, until } = judged
  const button = isPressable(state)
  const took = usually(seen.entries.took)
  const isLed = state === 'live' && until !== undefined && until <= now
  return {
    ...{ state, button, hops: hopsOf(judged) },
    sentence: [Object.hasOwn(SAID, said) ? SAID[said] : undefined, sentenceOf(judged, now)].filter(Boolean).join(' '),
    ...(took && !isLed ? { usually: took } : {}),
    ...(button ? { ticket: ticket! } : {}),
    ...(button && start ? { again: again / 1000 } : {}),
    password: button && !start && seen.site.door?.passwordPath !== null,
    ...(isLed ? { leads: siteUrl(seen.site, to) } : {}),
    isWaiting: isOnTheWay(judged),
  }
}

const isOnTheWay = ({ state }: Judged): boolean => !isPressable(state) && state !== 'broken' && state !== 'limit'

/** Nobody could look. */
export const UNKNOWN: View = {
  ...{ state: 'unknown', hops: [], button: false, password: false, isWaiting: true },
  sentence: 'Nobody can say at this moment what it is doing. This page asks again.',
}
