// What the doctor says of the account's concurrency, and that a stage really runs as many at once as it counts.
import { readFileSync } from 'node:fs'
import { judgeConcurrency, mostAtOnce } from '../../../cli/doctor/judge-account.ts'
import { aSite } from '../../support/domain.ts'

test('as many at once as the mappings let, and one each of what has none', () => {
  const text = readFileSync('serverless.yml', 'utf8')
  const mapped = [...text.matchAll(/maximumConcurrency: (\d+)/g)].map(([, most]) => Number(most))
  const functions = [...text.matchAll(/^ {4}handler: /gm)].length
  const most = mapped.reduce((sum, most) => sum + most, 0) + functions - mapped.length
  expect(mostAtOnce([{ idle: null, door: null }])).toBe(most)
})

test('a stage with idle runs one function more', () => {
  const site = aSite('app.example.com', { idle: { stopAfter: '45m' } })
  expect(mostAtOnce([aSite(), site])).toBe(mostAtOnce([]) + 1)
})

test.each([
  [{ limit: 1000, unreserved: 900 }, 'ok', '900 functions may run at once in eu-west-1'],
  [{ limit: 12, unreserved: 12 }, 'ok', '12 functions may run at once in eu-west-1'],
  [
    { limit: 10, unreserved: 10 },
    'note',
    '10 of the account’s 10 functions may run at once in eu-west-1, and a busy stage runs 12: what is more waits and comes again, and ThrottlesAlarm rings',
  ],
])('%j: %s', (value, kind, says) => expect(judgeConcurrency({ value }, 'eu-west-1', 12)).toMatchObject({ kind, says }))

test('without the right to ask it is a note, and no reason to stop; any other error is told', () => {
  const denied = Object.assign(new Error('no'), { name: 'AccessDeniedException' })
  expect(judgeConcurrency({ error: denied }, 'eu-west-1', 12)).toMatchObject({
    kind: 'note',
    fix: 'credentials that allow lambda:GetAccountSettings',
  })
  expect(judgeConcurrency({ error: new Error('late') }, 'eu-west-1', 12)).toMatchObject({ kind: 'problem' })
})
