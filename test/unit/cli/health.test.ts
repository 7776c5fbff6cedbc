// The doctor's word on a health path that says nothing.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { judgeHealth, lookAtHealth } from '../../../cli/doctor/health.ts'
import { aSite } from '../../support/domain.ts'
import { holdTimersInEach } from '../../support/held-timers.ts'

holdTimersInEach()

const WELL = { '/healthz': 'ready', '/': 'a page' }

async function said(pages: Readonly<Record<string, string>>, other: string | null, body: string | null) {
  const server = createServer((request, response) => {
    const text = pages[request.url ?? ''] ?? other
    response.statusCode = text === null ? 404 : 200
    response.end(text ?? 'none')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const site = aSite('app.example.com', { health: { path: '/healthz', body } })
  const look = await lookAtHealth(site, { state: 'running', publicIp: '127.0.0.1' }, port)
  server.close()
  return judgeHealth(site, look).map(({ kind, says }) => `${kind}: ${says}`)
}

const NOTE = 'note: the app answers any path as it answers /healthz, which then says nothing about whether it is ready'

test.each([
  ['a path of its own', WELL, null, null, []],
  ['words of its own, where any path gets a page', WELL, 'a page', 'ready', []],
  ['a page for any path', {}, 'a page', null, [NOTE]],
  ['ok for any path', {}, 'ok', 'ok', [NOTE]],
  ['an app that is not ready', {}, 'starting', 'ok', []],
])('%s', async (_, pages, other, body, lines) => expect(await said(pages, other, body)).toEqual(lines))

test('an instance that does not run is not asked', async () =>
  expect(await lookAtHealth(aSite(), { state: 'stopped', publicIp: undefined })).toBeUndefined())
