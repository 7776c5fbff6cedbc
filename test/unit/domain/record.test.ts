// Names and values as Route 53 keeps them.
import {
  applyChanges,
  changedRecord,
  compareNames,
  fqdn,
  hostnameOf,
  recordKey,
  sameRecord,
} from '../../../functions/lib/domain/record.ts'
import { aRecord } from '../../support/domain.ts'

test('the order of names: labels from the right, bytes in between, a parent before its children', () => {
  const inOrder = [
    'example.com.',
    '0.example.com.',
    '\\052.example.com.',
    'x.a-b.example.com.', // `-` sorts before the dot that ends a label
    'a.example.com.',
    'x.a.example.com.',
    'b.example.com.',
    'a.b.example.com.',
    'example.org.',
  ]
  expect([...inOrder].reverse().sort(compareNames)).toEqual(inOrder)
  expect(compareNames('a.example.com.', 'a.example.com.')).toBe(0)
})

test('names both ways', () => {
  expect(fqdn('App.Example.com')).toBe('app.example.com.')
  expect(hostnameOf({ name: 'app.example.com.' })).toBe('app.example.com')
  expect(hostnameOf({ name: 'app.example.com' })).toBe('app.example.com')
})

test.each([
  ['nothing', {}, true],
  ['the order of values', { values: ['203.0.113.2', '203.0.113.1'] }, true],
  ['a value more', { values: ['203.0.113.1', '203.0.113.2', '203.0.113.3'] }, false],
  ['a value twice', { values: ['203.0.113.1', '203.0.113.1'] }, false],
  ['the TTL', { ttl: 61 }, false],
  ['no TTL', { ttl: undefined }, false],
  ['the type', { type: 'AAAA' }, false],
  ['the name', { name: 'b.example.com.' }, false],
])('sameRecord where they differ in %s', (_, fields, same) => {
  const record = aRecord({ values: ['203.0.113.1', '203.0.113.2'] })
  expect(sameRecord(record, { ...record, ...fields })).toBe(same)
  expect(sameRecord({ ...record, ...fields }, record)).toBe(same)
})

test('the records after changes: what changed, and nothing else', () => {
  const [a, b, txt] = [aRecord(), aRecord({ name: 'b.example.com.' }), aRecord({ type: 'TXT', values: ['"x"'] })]
  const a2 = aRecord({ values: ['203.0.113.7'] })
  const c = aRecord({ name: 'c.example.com.' })
  const after = applyChanges(
    [a, b, txt],
    [
      { action: 'replace', previous: a, record: a2 },
      { action: 'delete', previous: b },
      { action: 'create', record: c },
    ],
  )
  expect(after).toEqual([txt, a2, c])
})

test('which record a change is about', () => {
  const [a, a2] = [aRecord(), aRecord({ values: ['203.0.113.7'] })]
  expect(changedRecord({ action: 'replace', previous: a, record: a2 })).toBe(a2)
  expect(changedRecord({ action: 'delete', previous: a })).toBe(a)
  expect(recordKey(a)).toBe('app.example.com. A')
})
