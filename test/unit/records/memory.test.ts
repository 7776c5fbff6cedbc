// Records remembered between looks: what is read again, and what makes it forget.

import { ZoneBusy } from '../../../functions/lib/domain/errors.ts'
import type { RecordSet } from '../../../functions/lib/domain/record.ts'
import { rememberRecords } from '../../../functions/lib/records/memory.ts'
import { handOver } from '../../../functions/lib/steps/hand-over.ts'
import { aRecord, ZONE } from '../../support/domain.ts'
import { fakeDns } from '../../support/fake-dns.ts'

const NAMES = ['app.example.com.', 'www.example.com.']
const [before, after] = [aRecord(), aRecord({ values: ['203.0.113.2'] })]

function world(act?: (call: string) => void) {
  const dns = fakeDns(act)
  dns.zones.set(ZONE, [before])
  return { dns, remembering: rememberRecords(dns) }
}

test('a zone is read once, also for fewer names', async () => {
  const { dns, remembering } = world()
  await remembering.listRecords(ZONE, NAMES, null)
  await expect(remembering.listRecords(ZONE, NAMES.slice(0, 1), null)).resolves.toEqual([before])
  expect(dns.calls).toEqual([`list ${ZONE}`])
})

test.each<[string, (of: ReturnType<typeof world>) => Promise<unknown> | unknown]>([
  ['another name', ({ remembering }) => remembering.listRecords(ZONE, [...NAMES, 'new.example.com.'], null)],
  ['a minute', ({ dns }) => dns.clock.sleep(60_000)],
  ['forget', ({ remembering }) => remembering.forget()],
  [
    'a refused write',
    ({ remembering }) =>
      remembering.changeRecords(ZONE, [{ action: 'create', record: before }], '', null).catch(() => {}),
  ],
])('after %s it is read again', async (_, act) => {
  const of = world()
  await of.remembering.listRecords(ZONE, NAMES, null)
  await act(of)
  await of.remembering.listRecords(ZONE, NAMES, null)
  expect(of.dns.calls.filter((call) => call === `list ${ZONE}`)).toHaveLength(2)
})

test('a write is remembered with what it wrote', async () => {
  const { dns, remembering } = world()
  await remembering.listRecords(ZONE, NAMES, null)
  await remembering.changeRecords(ZONE, [{ action: 'replace', previous: before, record: after }], '', null)
  await expect(remembering.listRecords(ZONE, NAMES, null)).resolves.toEqual([after])
  expect(dns.calls.filter((call) => call.startsWith('list'))).toHaveLength(1)
})

test('a busy zone: the same write sent again is remembered; a look meanwhile reads, and forget forgets', async () => {
  let isBusy = false
  const { dns, remembering } = world((call) => {
    if (isBusy && call.startsWith('change')) throw new ZoneBusy('busy')
  })
  const write = (previous: RecordSet, record: RecordSet) =>
    remembering.changeRecords(ZONE, [{ action: 'replace', previous, record }], '', null)
  const meetBusyZone = async (previous: RecordSet, record: RecordSet) => {
    isBusy = true
    await expect(write(previous, record)).rejects.toThrow('busy')
    isBusy = false
  }
  await remembering.listRecords(ZONE, NAMES, null)
  await meetBusyZone(before, after)
  await write(before, after)
  await expect(remembering.listRecords(ZONE, NAMES, null)).resolves.toEqual([after])
  expect(dns.calls.filter((call) => call.startsWith('list'))).toHaveLength(1)
  await meetBusyZone(after, before)
  dns.zones.set(ZONE, [before])
  await expect(remembering.listRecords(ZONE, NAMES, null)).resolves.toEqual([before])
  await meetBusyZone(before, after)
  remembering.forget()
  await write(before, after)
  await remembering.listRecords(ZONE, NAMES, null)
  expect(dns.calls.filter((call) => call.startsWith('list'))).toHaveLength(3)
})

test('what somebody else wrote while ours was under way is not carried along as read later than it was', async () => {
  const { dns, remembering } = world()
  await remembering.listRecords(ZONE, NAMES, null)
  await dns.clock.sleep(59_000)
  await remembering.changeRecords(ZONE, [{ action: 'replace', previous: before, record: after }], '', null)
  await dns.clock.sleep(1_000)
  await remembering.listRecords(ZONE, NAMES, null)
  expect(dns.calls.filter((call) => call.startsWith('list'))).toHaveLength(2)
})

describe('handed over within one run', () => {
  function counted() {
    const { clock } = fakeDns()
    let reads = 0
    return { clock, ...handOver(async (name: string) => `${name} ${++reads}`, clock) }
  }

  test('what the first part read last, the second is given once', async () => {
    const { first, second } = counted()
    await first('a')
    await first('a')
    expect([await second('a'), await second('a'), await first('a')]).toEqual(['a 2', 'a 3', 'a 4'])
  })

  test('a part that only looks gets the same for 5 s, however often, and then reads', async () => {
    const { first, again, clock } = counted()
    await first('a')
    expect([await again('a'), await again('a'), await again('b')]).toEqual(['a 1', 'a 1', 'b 2'])
    await clock.sleep(5_000)
    expect([await again('a'), await again('a')]).toEqual(['a 3', 'a 3'])
  })

  test.each<[string, (of: ReturnType<typeof counted>) => unknown, string]>([
    ['nothing was read', () => {}, 'a 1'],
    ['something else was read', ({ first }) => first('b'), 'a 2'],
    ['it was read 5 s ago', ({ first, clock }) => first('a').then(() => clock.sleep(5_000)), 'a 2'],
  ])('%s: the second reads', async (_, act, found) => {
    const of = counted()
    await act(of)
    expect(await of.second('a')).toBe(found)
  })
})
