// The patience after a failed command, as the environment of a function may set it.
import { hostSettings } from '../../functions/lib/runtime/host-settings.ts'

const before = { ...process.env }
beforeEach(() => {
  const names = { STAGE: 's', SITES_PATH: '/p', CONFIGURE_HOST_DOCUMENT: 'c', INSPECT_HOST_DOCUMENT: 'i' }
  process.env = { ...before, ...names }
})
afterAll(() => {
  process.env = before
})

test.each([
  [undefined, undefined],
  ['', undefined],
  ['3,9', [3, 9]],
])('%j is %j', (text, wanted) => {
  if (text !== undefined) process.env.RETRY_AFTER = text
  expect(hostSettings().retryAfter).toEqual(wanted)
})

test.each(['3', '3,', '3,9,27', '3s,9s', '-1,2'])('%j is refused', (text) => {
  process.env.RETRY_AFTER = text
  expect(hostSettings).toThrow(`environment variable RETRY_AFTER: found "${text}", wanted two numbers such as 30,120`)
})
