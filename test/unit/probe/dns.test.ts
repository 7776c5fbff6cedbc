// Name servers on loopback, asked as a visitor's resolver asks them: addresses with their time, or why there are none.
import { askServers } from '../../../functions/lib/probe/dns.ts'
import { type Answer, nameServer } from '../../support/name-server.ts'

test.each<[Answer, object]>([
  ['address', { addresses: ['203.0.113.1', '203.0.113.9'], ttl: 42, code: undefined }],
  ['alias to nowhere', { addresses: [], ttl: undefined, code: 'ENODATA' }],
  ['NXDOMAIN', { addresses: [], ttl: undefined, code: 'ENOTFOUND' }],
  ['empty', { addresses: [], ttl: undefined, code: 'ENODATA' }],
  ['SERVFAIL', { addresses: [], ttl: undefined, code: 'ESERVFAIL' }],
])('%s', async (answer, said) => {
  const server = await nameServer(answer)
  await expect(askServers([server], 'app.example.com')).resolves.toEqual([{ server, ...said }])
})

test('several servers: each with its own answer, in their order, and an address that is none', async () => {
  const [first, second] = [await nameServer('NXDOMAIN'), await nameServer('address')]
  const answers = await askServers([first, second, 'nonsense'], 'app.example.com')
  expect(answers.map(({ server, code }) => [server, code])).toEqual([
    [first, 'ENOTFOUND'],
    [second, undefined],
    ['nonsense', 'ERR_INVALID_IP_ADDRESS'],
  ])
})
