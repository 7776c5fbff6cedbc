// The doctor's question whose credentials these are, asked of a service that takes it and never answers.
import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { jest } from '@jest/globals'
import { whoAmI } from '../../cli/doctor/account.ts'

const before = { ...process.env }
const connections: Socket[] = []
let silent: Server
beforeEach(async () => {
  silent = createServer((connection) => connections.push(connection)).listen(0, '127.0.0.1')
  await once(silent, 'listening')
  const { port } = silent.address() as { port: number }
  Object.assign(process.env, {
    ...{ AWS_ENDPOINT_URL_STS: `http://127.0.0.1:${port}`, AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'x' },
  })
})
afterEach(() => {
  process.env = before
  jest.restoreAllMocks()
  for (const connection of connections) connection.destroy()
  silent.close()
})

test('no answer: the question ends after five seconds', async () => {
  const limit = new AbortController()
  const timeout = jest.spyOn(AbortSignal, 'timeout').mockReturnValue(limit.signal)
  const asked = expect(whoAmI('eu-central-1')).rejects.toThrow(/abort/i)
  await once(silent, 'connection')
  expect(timeout.mock.calls).toEqual([[5_000]])
  limit.abort()
  await asked
})
