// The property: whatever agents do with commands, whatever Systems Manager forgets and the host leaves unanswered, a host ends as its site is, or its maintainer
// was told; and it is not disturbed without end.
import fc from 'fast-check'
import { type Fate, GOOD, type Life, live, type Story, type VirtualHost } from './host-world.ts'

export interface Trial {
  readonly fates: readonly Fate[]
  readonly registersAfter: number
  readonly changesAt: readonly number[]
  readonly copies: number
  readonly lastComesFirst: boolean
  readonly forgetsAfter: number | null
  readonly silent: readonly boolean[]
}

/** Seconds after which nothing is changed or lost any more. */
const CALM = 3_600

const fate: fc.Arbitrary<Fate> = fc.oneof(
  fc.record({
    takes: fc.constantFrom(0, 0, 5, 400),
    does: fc.constant('work' as const),
    tells: fc.constantFrom('Success', 'never'),
  }),
  fc.record({
    takes: fc.constantFrom(0, 5),
    does: fc.constant('nothing' as const),
    tells: fc.constantFrom('never', 'Undeliverable'),
    againAfter: fc.constantFrom(20, 310, 1_000, CALM),
  }),
  fc.constant<Fate>({ takes: 0, does: 'nothing', tells: 'never' }),
  fc.constant<Fate>({ takes: 1, does: 'fail', tells: 'Failed' }),
)

export const trials: fc.Arbitrary<Trial> = fc.record({
  fates: fc.array(fate, { maxLength: 5 }),
  registersAfter: fc.constantFrom(0, 5, 240),
  changesAt: fc.array(fc.oneof(fc.nat(120), fc.nat(CALM)), { maxLength: 3 }),
  copies: fc.constantFrom(0, 1, 1, 2),
  lastComesFirst: fc.boolean(),
  forgetsAfter: fc.constantFrom(null, null, 600, 3_000),
  silent: fc.array(fc.boolean(), { maxLength: 4 }),
})

const HOURS = 3

export const lived = ({ fates, silent, forgetsAfter, ...trial }: Trial, mutant?: (host: VirtualHost) => void) => {
  const life: Life = {
    ...trial,
    ...{ minutes: HOURS * 60, hasSchedule: true },
    fate: (n) => fates[n - 1] ?? GOOD,
    isSilent: (n) => silent[n - 1] ?? false,
    ...(forgetsAfter === null ? {} : { forgetsAfter }),
    ...(mutant ? { mutant } : {}),
  }
  return live(life)
}

/** Sentences about what should not be. */
export function faultsOf(
  { rightAfter, wentBack, commands, outcome, deadLetters }: Story,
  { changesAt, fates, silent }: Trial,
): string[] {
  const told = outcome.notices.filter(({ subject }) =>
    /^(?!.*: over: ).* could not be configured$/.test(subject),
  ).length
  const most = 1 + changesAt.length + 2 * fates.length + silent.filter(Boolean).length
  return [
    ...(rightAfter === undefined && told === 0 ? ['the host is not as its site is, and nobody was told'] : []),
    ...(wentBack > 0 ? [`went back ${wentBack} times`] : []),
    ...(commands > most ? [`${commands} commands, wanted at most ${most}`] : []),
    ...(told > 1 + changesAt.length ? [`${told} notices`] : []),
    ...(deadLetters > 0 ? [`${deadLetters} dead letters`] : []),
  ]
}

export const hostsEndRight = ({
  onRun,
  mutant,
}: {
  readonly onRun?: () => void
  readonly mutant?: (host: VirtualHost) => void
} = {}) =>
  fc.asyncProperty(trials, async (trial) => {
    onRun?.()
    const faults = faultsOf(await lived(trial, mutant), trial)
    if (faults.length > 0) throw new Error(faults.join('\n'))
  })
