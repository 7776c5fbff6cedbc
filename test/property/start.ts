// The property: whatever the agent of a host that starts does, the start ends live or in one notice, and nothing is left waiting.
import fc from 'fast-check'
import { type Fate, GOOD, type Life, live, type Story } from './host-world.ts'

type End = 'Success' | 'Failed' | 'Undeliverable'

export interface Agent {
  readonly registersAfter: number
  /** How the n-th command ends, from 1 on. */
  readonly ends: (n: number, now: number) => End
  readonly copies?: number
}

const FATES: Readonly<Record<End, Fate>> = {
  Success: GOOD,
  Failed: { takes: 0, does: 'fail', tells: 'Failed' },
  Undeliverable: { takes: 0, does: 'nothing', tells: 'Undeliverable' },
}

export const start = ({ ends, ...agent }: Agent, minutes: number): Promise<Story> => {
  const life: Life = { ...agent, minutes, fate: (n, now) => FATES[ends(n, now)] }
  return live(life)
}

export const subjects = ({ outcome: { notices } }: Story): string[] => notices.map(({ subject }) => subject)

/** Live at last with at most three commands, or exactly one notice; never both, never neither. */
export const startsEndRight = ({ onRun }: { readonly onRun?: () => void } = {}) =>
  fc.asyncProperty(
    fc.oneof(fc.integer({ min: 0, max: 1200 }), fc.constant(Number.POSITIVE_INFINITY)),
    fc.array(fc.constantFrom<End[]>('Success', 'Failed', 'Undeliverable'), { minLength: 3, maxLength: 3 }),
    async (registersAfter, ends) => {
      onRun?.()
      const story = await start({ registersAfter, ends: (n) => ends[n - 1] ?? 'Failed' }, 40)
      const told = story.outcome.events.length + subjects(story).length
      if (story.waiting > 0 || story.commands > 3 || told !== 1)
        throw new Error(
          `waiting, commands, told: found ${story.waiting}, ${story.commands}, ${told}; wanted 0, at most 3, 1`,
        )
    },
  )
