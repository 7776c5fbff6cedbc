// Who waits for a problem, and for how long.
import { concerns, NO_PATIENCE, nextLook, type Problem, SHORT_PATIENCE } from '../../../functions/lib/domain/problem.ts'

const problem: Problem = {
  name: 'NoPublicAddress',
  message: '',
  site: 'a.example.com',
  instances: ['i-1'],
  patience: SHORT_PATIENCE,
}

test.each([
  ['its instance', { kind: 'instance', instanceId: 'i-1', state: 'running' }, true],
  ['another instance', { kind: 'instance', instanceId: 'i-2', state: 'running' }, false],
  ['its site', { kind: 'site', hostname: 'a.example.com' }, true],
  ['another site', { kind: 'site', hostname: 'b.example.com' }, false],
  ['a look at everything, which comes again anyway', { kind: 'look', force: false, unmatched: [] }, false],
] as const)('an event about %s', (_, trigger, concerned) => expect(concerns(problem, trigger)).toBe(concerned))

test('looks come at growing intervals, up to 30 s', () =>
  expect([1, 2, 3, 4, 5, 60].map((receives) => nextLook(SHORT_PATIENCE, receives))).toEqual([
    10_000, 15_000, 22_500, 30_000, 30_000, 30_000,
  ]))

test('no patience, no wait', () => expect(nextLook(NO_PATIENCE, 3)).toBe(0))

test('a longer first wait is not cut', () =>
  expect(nextLook({ againAfter: 60_000, givesUpAfter: 1e6 }, 4)).toBe(60_000))
