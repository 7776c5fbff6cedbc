// A connection to the local HTTP API never ends by itself: its end would meet the next request, which a browser's program then tells as ECONNRESET.
import { serveNobody } from '../../../support/door-server.ts'

test('a caller is told no time after which its connection ends', async () => {
  const api = await serveNobody()
  const { status, headers } = await fetch(api.url)
  expect({ status, kept: headers.get('connection'), until: headers.get('keep-alive') }).toEqual({
    status: 429,
    kept: 'keep-alive',
    until: null,
  })
  await api.close()
})
