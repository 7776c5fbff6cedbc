// Which writes say that another program had changed the record, as the table above contestOf.
import { contestOf } from '../../../functions/lib/records/contest.ts'
import type { PlannedRecord } from '../../../functions/lib/records/plan.ts'
import { anInstance, aRecord, aSite, LAUNCH, ZONE } from '../../support/domain.ts'

const instance = anInstance()
const right = aRecord({ values: [instance.publicIp!] })
const NOW = LAUNCH + 3_600_000

function contest(previous: Partial<typeof right> | null, fields = {}, now = NOW, running = [instance]) {
  const planned: PlannedRecord = {
    ...{ site: 'app.example.com', zoneId: ZONE, name: right.name, type: 'A', reason: '', instances: [instance.id] },
    ...{ action: previous ? 'replace' : 'create', record: right },
    ...(previous ? { previous: { ...right, ...previous } } : {}),
  }
  return contestOf(planned, aSite('app.example.com', fields), running, now)
}

test('it has both values, the time and the start', () =>
  expect(contest({ values: ['203.0.113.250'], ttl: 300 })).toEqual({
    ...{ site: 'app.example.com', zoneId: ZONE, name: 'app.example.com', type: 'A', at: NOW },
    ...{ found: '203.0.113.250 (TTL 300)', wanted: `${instance.publicIp} (TTL 60)` },
    start: `${instance.id}@${new Date(LAUNCH).toISOString().replace('.000', '')}`,
  }))

test.each([
  ['the same address with another TTL, at once', { ttl: 300 }, {}, LAUNCH + 1_000],
  ['another address, long after the start', { values: ['203.0.113.250'] }, {}, NOW],
] as const)('another writer: %s', (_name, previous, fields, now) =>
  expect(contest(previous as Parameters<typeof contest>[0], fields, now)).toBeDefined(),
)

test.each([
  ['another address, just after the start', { values: ['203.0.113.250'] }, {}, LAUNCH + 1_000],
  ['parked, and this service was late', { values: ['192.0.2.1'] }, {}, NOW],
  ['deleted at the stop, and this service was late', null, { onStop: 'delete' }, NOW],
  ['no record: an alias is new', null, {}, NOW],
  ['two addresses, one of an instance that was stopped', { values: [instance.publicIp!, '203.0.113.250'] }, {}, NOW],
  ['the former address of a site that keeps it', { values: ['203.0.113.250'] }, { onStop: 'keep' }, NOW],
] as const)('none: %s', (_name, previous, fields, now) =>
  expect(contest(previous as Parameters<typeof contest>[0], fields, now)).toBeUndefined(),
)

test('none where nothing runs: the record is on its way to rest', () =>
  expect(contest({ values: ['203.0.113.250'] }, {}, NOW, [{ ...instance, state: 'stopped' }])).toBeUndefined())
