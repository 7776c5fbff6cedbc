// The doctor's question whose credentials these are, asked of a service that takes it and never answers.
import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
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
  for (const connection of connections) connection.destroy()
  silent.close()
})

test('no answer: the question ends by itself', async () => {
  await expect(whoAmI('eu-central-1')).rejects.toThrow(/abort/i)
  expect(connections).toHaveLength(1)
})
