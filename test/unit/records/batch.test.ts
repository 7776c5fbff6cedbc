// Batches within Route 53's limits, and how a bad change is found when a whole batch is refused.

import { changedRecord, hostnameOf, type RecordChange } from '../../../functions/lib/domain/record.ts'
import { learn, noRejections, type Rejections, splitBatches } from '../../../functions/lib/records/batch.ts'
import { aRecord } from '../../support/domain.ts'

const nameOf = (index: number): string => `s${index}.example.com.`
const create = (index: number, values = ['203.0.113.1']): RecordChange => ({
  action: 'create',
  record: aRecord({ name: nameOf(index), values }),
})
const replace = (index: number): RecordChange => ({
  action: 'replace',
  previous: aRecord({ name: nameOf(index) }),
  record: aRecord({ name: nameOf(index), values: ['203.0.113.2'] }),
})
const remove = (index: number): RecordChange => ({ action: 'delete', previous: aRecord({ name: nameOf(index) }) })

const many = (count: number, make: (index: number) => RecordChange) => Array.from({ length: count }, (_, i) => make(i))
const sizes = (batches: readonly (readonly RecordChange[])[]) => batches.map((batch) => batch.length)
const key = (index: number): string => `${nameOf(index)} A`

describe('limits', () => {
  test('no change, no batch', () => expect(splitBatches([], noRejections)).toEqual([]))
  test('1,000 elements: creations and deletions count once', () => {
    expect(sizes(splitBatches(many(1000, create), noRejections))).toEqual([1000])
    expect(sizes(splitBatches(many(1001, remove), noRejections))).toEqual([1000, 1])
  })
  test('a replacement counts twice, as DELETE and CREATE', () => {
    expect(sizes(splitBatches(many(500, replace), noRejections))).toEqual([500])
    expect(sizes(splitBatches(many(501, replace), noRejections))).toEqual([500, 1])
  })
  test('each value is an element', () => {
    const wide = (index: number) =>
      create(
        index,
        Array.from({ length: 100 }, (_, i) => `203.0.113.${i}`),
      )
    expect(sizes(splitBatches(many(11, wide), noRejections))).toEqual([10, 1])
  })
  test('32,000 characters of values', () => {
    const long = (index: number) => create(index, ['x'.repeat(8000)])
    expect(sizes(splitBatches(many(5, long), noRejections))).toEqual([4, 1])
  })
  test('a change beyond the limit alone is sent alone, for the service to say so', () =>
    expect(sizes(splitBatches([create(0, Array(1001).fill('x')), create(1)], noRejections))).toEqual([1, 1]))
  test('in the order of the changes, none lost', () =>
    expect(splitBatches(many(1500, create), noRejections).flat()).toEqual(many(1500, create)))
})

const created = (index: number) =>
  `Tried to create resource record set [name='${nameOf(index)}', type='A'] but it already exists`
const invalid = (index: number) =>
  `Invalid Resource Record: FATAL problem with '${hostnameOf({ name: nameOf(index) })}'`

describe('learning from a refusal', () => {
  test('somebody else was faster: the same batch again', () => {
    const batch = many(3, create)
    const learnt = learn(noRejections, batch, [created(1)])
    expect(learnt.clashes).toEqual(new Map(batch.map((_, index) => [key(index), 1])))
    expect(splitBatches(batch, learnt)).toEqual([batch])
  })

  test.each([
    created(0),
    `Tried to delete resource record set [name='${nameOf(0)}', type='A'] but it was not found`,
    `Tried to delete resource record set [name='${nameOf(0)}', type='A'] but the values provided do not match the current values`,
  ])('a lost race: %s', (reason) => expect(learn(noRejections, [replace(0)], [reason]).givenUp.size).toBe(0))

  test('a race lost three times in a row is no bad luck', () => {
    let learnt: Rejections = noRejections
    for (let round = 1; round <= 2; round++) learnt = learn(learnt, [create(0)], [created(0)])
    expect(learnt.givenUp.size).toBe(0)
    learnt = learn(learnt, [create(0)], [created(0)])
    expect(learnt.givenUp).toEqual(new Map([[key(0), created(0)]]))
    expect(splitBatches([create(0), create(1)], learnt)).toEqual([[create(1)]])
  })

  test('a newcomer in the batch gets its own three tries', () => {
    let learnt: Rejections = noRejections
    for (let round = 1; round <= 2; round++) learnt = learn(learnt, [create(0)], [created(0)])
    learnt = learn(learnt, [create(0), create(1)], [created(0)])
    expect([learnt.givenUp.size, learnt.maxSize.size, learnt.clashes.get(key(1))]).toEqual([0, 0, 1])
  })

  test('a race and a real fault in one refusal: the fault counts', () => {
    const learnt = learn(noRejections, many(3, create), [created(0), invalid(1)])
    expect(learnt.maxSize).toEqual(
      new Map([
        [key(0), 1],
        [key(1), 1],
      ]),
    )
  })

  test('named by the service: alone from now on, the others together', () => {
    const batch = many(4, create)
    const learnt = learn(noRejections, batch, [invalid(2)])
    expect(splitBatches(batch, learnt)).toEqual([[create(0), create(1), create(3)], [create(2)]])
  })

  test('a name that is the end of another is not taken for it', () => {
    const short: RecordChange = { action: 'create', record: aRecord({ name: 'b.example.com.' }) }
    const long: RecordChange = { action: 'create', record: aRecord({ name: 'a.b.example.com.' }) }
    const learnt = learn(noRejections, [short, long], ["Invalid: 'a.b.example.com.'"])
    expect([...learnt.maxSize.keys()]).toEqual(['a.b.example.com. A'])
  })

  test('refused alone: given up, with the service’s words', () =>
    expect(learn(noRejections, [create(0)], [invalid(0), 'and more']).givenUp).toEqual(
      new Map([[key(0), `${invalid(0)}; and more`]]),
    ))

  test.each([2, 3, 7, 8, 100, 1000])('none named among %d: halved down to the bad one, the others through', (count) => {
    const bad = Math.floor(count / 3)
    const through = new Set<string>()
    let learnt: Rejections = noRejections
    let pending = many(count, create)
    for (let round = 0; pending.length > 0; round++) {
      expect(round).toBeLessThanOrEqual(Math.ceil(Math.log2(count)) + 1)
      for (const batch of splitBatches(pending, learnt))
        if (batch.some((change) => changedRecord(change).name === nameOf(bad))) learnt = learn(learnt, batch, ['No.'])
        else for (const change of batch) through.add(changedRecord(change).name)
      pending = pending.filter((change) => {
        const { name, type } = changedRecord(change)
        return !through.has(name) && !learnt.givenUp.has(`${name} ${type}`)
      })
    }
    expect([...learnt.givenUp.keys()]).toEqual([key(bad)])
    expect(through.size).toBe(count - 1)
  })
})
