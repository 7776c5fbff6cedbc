import { compilePattern } from '../../../../local/stack/pattern.ts'

const event = {
  source: 'aws.ec2',
  'detail-type': 'EC2 Instance State-change Notification',
  resources: ['arn:aws:ec2:eu-central-1:123456789012:instance/i-1', 'arn:other'],
  detail: {
    'instance-id': 'i-1',
    state: 'running',
    name: '/app/dev/sites/a.example',
    count: 5,
    nothing: null,
    flag: true,
    list: [
      { key: 'a', value: 1 },
      { key: 'b', value: 2 },
    ],
    empty: [],
  },
}
const detail = (pattern: object) => ({ detail: pattern })

describe('matches', () => {
  test.each<[string, object, boolean]>([
    ['an exact value', { source: ['aws.ec2'] }, true],
    ['one of several values', detail({ state: ['stopped', 'running'] }), true],
    ['no other value', detail({ state: ['stopped'] }), false],
    ['no other case', detail({ state: ['Running'] }), false],
    ['all fields, not one of them', { source: ['aws.ec2'], detail: { state: ['stopped'] } }, false],
    ['no field that is absent', detail({ colour: ['red'] }), false],
    ['an element of an array', { resources: ['arn:other'] }, true],
    ['no part of an element', { resources: ['arn'] }, false],
    ['a number', detail({ count: [5] }), true],
    ['no number as text', detail({ count: ['5'] }), false],
    ['null', detail({ nothing: [null] }), true],
    ['true', detail({ flag: [true] }), true],
    ['prefix', detail({ name: [{ prefix: '/app/dev/sites/' }] }), true],
    ['another prefix', detail({ name: [{ prefix: '/app/prod/' }] }), false],
    ['prefix in an array', { resources: [{ prefix: 'arn:aws:ec2:' }] }, true],
    ['prefix, any case', detail({ state: [{ prefix: { 'equals-ignore-case': 'RUN' } }] }), true],
    ['suffix', detail({ name: [{ suffix: '.example' }] }), true],
    ['another suffix', detail({ name: [{ suffix: '.test' }] }), false],
    ['equals-ignore-case', detail({ state: [{ 'equals-ignore-case': 'RUNNING' }] }), true],
    ['anything-but a value', detail({ state: [{ 'anything-but': 'stopped' }] }), true],
    ['anything-but the value', detail({ state: [{ 'anything-but': 'running' }] }), false],
    ['anything-but a list', detail({ state: [{ 'anything-but': ['running', 'stopped'] }] }), false],
    ['anything-but a number', detail({ count: [{ 'anything-but': [6] }] }), true],
    ['anything-but a prefix', detail({ name: [{ 'anything-but': { prefix: '/app/' } }] }), false],
    ['anything-but prefixes', detail({ name: [{ 'anything-but': { prefix: ['/x/', '/y/'] } }] }), true],
    ['anything-but wants the field', detail({ colour: [{ 'anything-but': 'red' }] }), false],
    ['exists', detail({ state: [{ exists: true }] }), true],
    ['exists, null', detail({ nothing: [{ exists: true }] }), true],
    ['exists, absent', detail({ colour: [{ exists: true }] }), false],
    ['not exists, absent', detail({ colour: [{ exists: false }] }), true],
    ['not exists, present', detail({ state: [{ exists: false }] }), false],
    ['not exists below an absent field', { more: { deep: [{ exists: false }] } }, true],
    ['exists sees leaves only', { detail: [{ exists: true }] }, false],
    ['absent or a value', detail({ colour: [{ exists: false }, 'red'] }), true],
    ['numeric =', detail({ count: [{ numeric: ['=', 5] }] }), true],
    ['numeric range', detail({ count: [{ numeric: ['>', 0, '<=', 5] }] }), true],
    ['out of a numeric range', detail({ count: [{ numeric: ['>', 5] }] }), false],
    ['numeric wants a number', detail({ state: [{ numeric: ['>', 0] }] }), false],
    ['wildcard', detail({ name: [{ wildcard: '/app/*/sites/*' }] }), true],
    ['another wildcard', detail({ name: [{ wildcard: '/app/*/images/*' }] }), false],
    ['wildcard takes a dot as a dot', detail({ name: [{ wildcard: '*aXexample' }] }), false],
    ['one object of an array satisfies all', detail({ list: { key: ['a'], value: [1] } }), true],
    ['two objects of an array do not share', detail({ list: { key: ['a'], value: [2] } }), false],
    ['$or', detail({ $or: [{ state: ['stopped'] }, { count: [5] }] }), true],
    ['$or with none', detail({ $or: [{ state: ['stopped'] }, { count: [6] }] }), false],
  ])('%s', (_, pattern, expected) => {
    expect(compilePattern(pattern)(event)).toBe(expected)
  })
})

test.each([
  ['a\\*b', 'a*b', true],
  ['a\\*b', 'aXb', false],
  ['a\\\\*', 'a\\x', true],
])('wildcard %s on %s: %s', (wildcard, value, expected) => {
  expect(compilePattern({ value: [{ wildcard }] })({ value })).toBe(expected)
})

describe('refuses', () => {
  test.each([
    [{ a: [{ prefx: 'x' }] }, 'EventPattern.a[0]: {"prefx":"x"} is no operator known here'],
    [{ a: [{ prefix: 'x', suffix: 'y' }] }, 'is no operator known here'],
    [{ a: 'x' }, 'EventPattern.a: found "x", wanted an object or a list'],
    [{ a: [] }, 'EventPattern.a: found [], wanted a list that is not empty'],
    [{}, 'EventPattern: is empty'],
    [{ a: [{ exists: 'yes' }] }, 'EventPattern.a[0].exists: found "yes", wanted true or false'],
    [{ a: [{ numeric: ['>', '5'] }] }, 'EventPattern.a[0].numeric: found [">","5"], wanted pairs'],
    [{ a: [{ numeric: ['>'] }] }, 'wanted pairs'],
    [{ a: [{ 'anything-but': { numeric: ['=', 1] } }] }, 'is not known inside anything-but'],
  ])('%j', (pattern, message) => {
    expect(() => compilePattern(pattern)).toThrow(message)
  })
})
