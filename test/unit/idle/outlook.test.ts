// When an instance was used last and when it would be stopped, as ./edge status tells it.
import { describeUse } from '../../../cli/site/status.ts'
import type { LookResult } from '../../../functions/lib/idle/look.ts'
import { outlookOf } from '../../../functions/lib/idle/outlook.ts'
import type { PlannedIdle } from '../../../functions/lib/idle/plan.ts'
import { termsOf } from '../../../functions/lib/idle/terms.ts'
import { LAUNCH } from '../../support/domain.ts'
import { aUseLook, HOUR, idleSite } from '../../support/fake-idle.ts'

const MINUTE = 60_000
const NOW = LAUNCH + 10 * HOUR
const planned = (fields: Record<string, unknown> = {}, action: PlannedIdle['action'] = 'keep'): PlannedIdle => ({
  ...{ instanceId: 'i-1', start: 'i-1@x', sites: ['app.example.com'], action, reason: 'any' },
  terms: termsOf([idleSite(fields)], MINUTE),
})
const seen = (sessions: number, quiet: number): LookResult[] => [
  { kind: 'seen', look: aUseLook({ nginx: { sessions, quiet } }), askedAt: NOW, answeredAt: NOW + 1000 },
]
const outlook = (plan: PlannedIdle, looks: readonly LookResult[]) => outlookOf(plan, { launchTime: LAUNCH }, looks)

test('nobody for 12 minutes: stopped 33 minutes from now', () =>
  expect(outlook(planned(), seen(0, 12 * 60))).toEqual({
    ...{ lastUse: NOW - 12 * MINUTE, stopsAt: NOW + 33 * MINUTE },
  }))

test('nobody since its start: no earlier than its start, and not before unusedAfter', () => {
  const plan = planned({ stopAfter: '10m', unusedAfter: '15m' })
  expect(outlook(plan, seen(0, 11 * 3600))).toEqual({ lastUse: LAUNCH, stopsAt: LAUNCH + 15 * MINUTE })
})

test('a session is open: only idle.longest ends it', () => {
  expect(outlook(planned(), seen(1, 0))).toEqual({})
  expect(outlook(planned({ longest: '12h' }), seen(1, 0))).toEqual({ endsAt: LAUNCH + 12 * HOUR })
})

test('nobody looked, the look failed, it is never stopped: nothing is told', () => {
  expect(outlook(planned(), [])).toEqual({})
  expect(outlook(planned(), [{ kind: 'failed', why: 'late' }])).toEqual({})
  expect(outlook(planned({ longest: '12h' }, 'refuse'), seen(0, 60))).toEqual({})
  const { terms: _, ...without } = planned()
  expect(outlook(without, seen(0, 60))).toEqual({})
})

test('in words; a stop that only something else than sessions holds back has no time', () => {
  const [lastUse, stopsAt] = ['2026-11-23T18:12:00.000Z', '2026-11-23T18:57:00.000Z']
  const said = { reason: 'used until at most 12 of 45 minutes ago', lastUse, stopsAt }
  expect(describeUse(said, Date.parse('2026-11-23T18:24:00Z'))).toBe(
    'used until at most 12 of 45 minutes ago; last use at 2026-11-23T18:12Z or before; nobody comes: stops from 2026-11-23T18:57Z on',
  )
  expect(describeUse({ ...said, reason: 'the host computes' }, Date.parse('2026-11-23T20:00:00Z'))).toBe(
    'the host computes; last use at 2026-11-23T18:12Z or before',
  )
  expect(describeUse({ reason: '1 session is open', endsAt: '2026-11-24T06:00:00.000Z' })).toBe(
    '1 session is open; stops from 2026-11-24T06:00Z on, whoever uses it',
  )
})
