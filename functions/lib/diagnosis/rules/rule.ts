// The form of a line in the table of verdicts.
import type { CauseName, HopName } from '../diagnosis.ts'
import type { Facts } from '../facts.ts'

export interface Rule {
  readonly name: CauseName
  readonly hop: HopName
  /** What is observed, for the table that people read. */
  readonly when: string
  /** What to do. `<group>` and the like are filled in from the finding's values. */
  readonly fix: string
  /** What else a person may look at; only the page of verdicts shows it. */
  readonly more?: string
  /** Causes that the same evidence can have, where it cannot be told apart. */
  readonly rivals?: readonly CauseName[]
  readonly find: (facts: Facts) => RuleHit | undefined
}

export interface RuleHit {
  /** One sentence with the values. */
  readonly what: string
  /** False: worth a word, and the site is live nevertheless. */
  readonly breaks: boolean
  readonly or?: { readonly name: CauseName; readonly how: string }
  /** Where it is another than the rule's. */
  readonly hop?: HopName
  /** What to do, where the rule's own advice does not fit. */
  readonly fix?: string
  readonly values?: Readonly<Record<string, string>>
}

export const breaks = (what: string, more: Omit<RuleHit, 'what' | 'breaks'> = {}): RuleHit => ({
  what,
  breaks: true,
  ...more,
})
