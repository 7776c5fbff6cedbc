// Parameter Store: versions, refusals, what is published.
import { fixture, refusal, type Virtual, virtual } from './virtual.ts'

const expected = fixture('ssm-parameter-change')

const name = '/ragstream-edge/prod/images/ragstream.rusbehabtahi.com'
let world: Virtual

beforeEach(() => {
  world = virtual()
})

const put = (value: string, more = {}) => world.act({ type: 'PutParameter', name, value, ...more })

test('create, update and delete are published as EventBridge does it', () => {
  put('ragstream:1')
  world.now = Date.parse(expected.time)
  put('ragstream:2', { overwrite: true })
  world.act({ type: 'DeleteParameter', name })
  expect(world.events.map(({ detail }) => detail.operation)).toEqual(['Create', 'Update', 'Delete'])
  expect(world.events[1]).toEqual({ ...expected, id: expect.any(String) })
})

test('a change whose event is lost is a change all the same', () => {
  put('ragstream:1', { unheard: true })
  expect(world.state.parameters.get(name)).toMatchObject({ value: 'ragstream:1', version: 1 })
  world.act({ type: 'DeleteParameter', name, unheard: true })
  expect(world.state.parameters.has(name)).toBe(false)
  expect(world.events).toEqual([])
})

test('a name that was deleted less than 30 s ago is not created again', () => {
  put('a')
  world.act({ type: 'DeleteParameter', name })
  world.now += 29_999
  expect(refusal(world, () => put('b'))).toBe('ValidationException')
  world.now += 1
  expect(put('b')).toMatchObject({ version: 1, value: 'b' })
})

test('versions count up, the type stays', () => {
  expect(put('a', { parameterType: 'SecureString' })).toMatchObject({ version: 1, type: 'SecureString' })
  expect(put('b', { overwrite: true })).toMatchObject({ version: 2, type: 'SecureString', value: 'b' })
})

test('a sealed one written without a key goes to AWS’s own, whatever key it had', () => {
  const sealed = (more = {}) => put('a', { parameterType: 'SecureString', overwrite: true, ...more }).keyId
  expect([sealed(), sealed({ keyId: 'alias/mine' }), sealed()]).toEqual([
    'alias/aws/ssm',
    'alias/mine',
    'alias/aws/ssm',
  ])
  expect(put('a', { parameterType: 'String', overwrite: true })).not.toHaveProperty('keyId')
})

test.each([
  ['a second create', () => ['a', 'b'].map((value) => put(value)), 'ParameterAlreadyExists'],
  ['a value over 4 KB', () => put('a'.repeat(4097)), 'ValidationException'],
  ['an empty value', () => put(''), 'ValidationException'],
  ['a name with a space', () => world.act({ type: 'PutParameter', name: '/a b', value: '1' }), 'ValidationException'],
  ['a reserved name', () => world.act({ type: 'PutParameter', name: '/aws/a', value: '1' }), 'ValidationException'],
  ['delete of nothing', () => world.act({ type: 'DeleteParameter', name }), 'ParameterNotFound'],
])('%s is refused', (_case, run, code) => {
  expect(run).toThrow(expect.objectContaining({ code }))
})

test('a refusal leaves everything as it was', () => {
  put('a')
  expect(refusal(world, () => put('b'))).toBe('ParameterAlreadyExists')
  expect(world.events).toHaveLength(1)
})
