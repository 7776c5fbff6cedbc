// The shape of a look at the use of a host: anything else is no look.
import { UnexpectedReply } from '../../../functions/lib/domain/errors.ts'
import { parseUseLook } from '../../../functions/lib/idle/look.ts'
import { aUseLook } from '../../support/fake-idle.ts'

test('as the document prints it', () => {
  expect(parseUseLook(`${JSON.stringify(aUseLook())}\n`)).toEqual(aUseLook())
  expect(parseUseLook(JSON.stringify({ ...aUseLook({ nginx: null }), more: 1 })).nginx).toBeNull()
})

test.each([
  ['', /found "", wanted one JSON object/],
  [JSON.stringify(aUseLook()).slice(0, -5), /wanted one JSON object/],
  [JSON.stringify({ ...aUseLook(), schema: 2 }), /schema/],
  [JSON.stringify({ ...aUseLook(), bootId: 'x' }), /bootId: found "x", wanted a boot id/],
  [JSON.stringify({ ...aUseLook(), nginx: { sessions: -1, quiet: 0 } }), /nginx\/sessions: found -1/],
  [JSON.stringify({ ...aUseLook(), people: undefined }), /people/],
  [JSON.stringify({ ...aUseLook(), cpuSeconds: 'NaN' }), /cpuSeconds/],
])('%s', (text, message) => {
  expect(() => parseUseLook(text)).toThrow(message)
  expect(() => parseUseLook(text)).toThrow(UnexpectedReply)
})
