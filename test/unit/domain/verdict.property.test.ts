// Any faults together, any probe failed: the verdict is total, names what can be seen, and never says live of a site that
// is not.
import fc from 'fast-check'
import type { Observation } from '../../../functions/lib/domain/observation.ts'
import { judge } from '../../../functions/lib/domain/verdict.ts'
import { FAULTS, observationOf, pageWorks, visible } from '../../support/diagnosed.ts'
import { failed, notAsked } from '../../support/observation.ts'

const faults = fc.subarray([...FAULTS])
const named = (observation: Observation): string[] =>
  judge(observation, 1).causes.flatMap(({ name, or }) => (or ? [name, or.name] : [name]))

test.each(FAULTS.map((fault) => [fault]))('%s alone: named, with nothing beside it', (fault) =>
  expect(judge(observationOf(fault), 1).causes.map(({ name }) => name)).toEqual([fault]),
)

const pairs = FAULTS.flatMap((one, index) => FAULTS.slice(index + 1).map((other) => [one, other] as const))

test('two faults: each that can be seen is named, and nothing else', () => {
  const wrong = pairs.flatMap(([one, other]) => {
    const names = named(observationOf(one, other))
    const missed = visible(one, other).filter((fault) => !names.includes(fault))
    return missed.length > 0 ? [`${one} + ${other}: missed ${missed}, named ${names}`] : []
  })
  expect(wrong).toEqual([])
})

test('any faults: each that can be seen is named', () =>
  fc.assert(
    fc.property(faults, (some) => {
      expect(named(observationOf(...some))).toEqual(expect.arrayContaining(visible(...some)))
    }),
    { numRuns: 500 },
  ))

test('any faults: live exactly where the page works and nothing is broken', () =>
  fc.assert(
    fc.property(faults, (some) => {
      const { verdict, hops } = judge(observationOf(...some), 1)
      const limited = some.includes('body-limit')
      expect(verdict === 'live').toBe(pageWorks(...some) && !limited)
      if (verdict === 'live') expect(hops.filter(({ state }) => state === 'broken')).toEqual([])
    }),
    { numRuns: 500 },
  ))

const PROBES = Object.entries(observationOf())
  .filter(([, value]) => typeof value === 'object' && 'kind' in value)
  .map(([key]) => key)

test('any faults, any probes failed or not made: no exception, and never live where the page does not work', () =>
  fc.assert(
    fc.property(faults, fc.subarray(PROBES), fc.boolean(), (some, lost, asked) => {
      const none = asked ? failed('no result within 2000 ms') : notAsked('not asked')
      const observation = { ...observationOf(...some), ...Object.fromEntries(lost.map((key) => [key, none])) }
      const diagnosis = judge(observation, 1)
      if (diagnosis.verdict === 'live') expect(pageWorks(...some)).toBe(true)
      expect(diagnosis.path.filter((line) => line.length > 80 || /[^\x20-\x7e]/.test(line))).toEqual([])
      expect(diagnosis.hops).toHaveLength(12)
    }),
    { numRuns: 1_500 },
  ))
