// The documents of sites, listed once and read again by name, as exact calls.
import { GetParametersByPathCommand, GetParametersCommand, SSMClient } from '@aws-sdk/client-ssm'
import { mockClient } from 'aws-sdk-client-mock'
import { TryLater, UnexpectedReply } from '../../functions/lib/domain/errors.ts'
import { siteDocuments } from '../../functions/lib/wiring/site-documents.ts'
import { serviceError } from '../support/aws.ts'
import { siteDocument } from '../support/domain.ts'

const PATH = '/ragstream-edge/prod'
const [APP, OTHER] = ['app.example.com', 'b.example.com']
const ssm = mockClient(SSMClient)

/** What lies in Parameter Store, by what follows the path. */
const stored = new Map<string, string>()
const put = (name: string, value: unknown) =>
  stored.set(name, typeof value === 'string' ? value : JSON.stringify(value))
const asParameter = ([name, value]: readonly [string, string]) => ({ Name: `${PATH}/${name}`, Value: value })

beforeEach(() => {
  ssm.reset()
  stored.clear()
  put(`sites/${APP}`, siteDocument(APP))
  put(`sites/${OTHER}`, siteDocument(OTHER, { container: { hostPort: 8502 } }))
  put(`images/${APP}`, 'app:2')
  ssm.on(GetParametersByPathCommand).callsFake(({ Path }: { Path: string }) => ({
    Parameters: [...stored].map(asParameter).filter(({ Name }) => Name.startsWith(`${Path}/`)),
  }))
  ssm.on(GetParametersCommand).callsFake(({ Names }: { Names: string[] }) => ({
    Parameters: [...stored].map(asParameter).filter(({ Name }) => Names.includes(Name)),
    InvalidParameters: [],
  }))
})

const named = () => ssm.commandCalls(GetParametersCommand).map(({ args }) => args[0].input.Names)
const listed = () => ssm.commandCalls(GetParametersByPathCommand).map(({ args }) => args[0].input.Path)

test('one site again: its document and its image, in one call; the others are as they were listed', async () => {
  const { readSites, readAgain } = siteDocuments(PATH)
  const before = await readSites()
  await expect(readAgain([APP])).resolves.toEqual(before)
  put(`images/${APP}`, 'app:3')
  put(`images/${OTHER}`, 'never:read')
  const { sites } = await readAgain([APP])
  expect(sites.map(({ image }) => image)).toEqual(['app:3', 'ragstream:1.4.0'])
  const names = [`${PATH}/sites/${APP}`, `${PATH}/images/${APP}`]
  expect([named(), listed()]).toEqual([
    [names, names],
    [`${PATH}/sites`, `${PATH}/images`],
  ])
})

test('a document or an image that is gone is gone', async () => {
  const { readSites, readAgain } = siteDocuments(PATH)
  await readSites()
  stored.delete(`images/${APP}`)
  expect((await readAgain([APP])).sites[0]).toMatchObject({ hostname: APP, image: 'ragstream:1.4.0' })
  stored.delete(`sites/${APP}`)
  expect((await readAgain([APP])).sites.map(({ hostname }) => hostname)).toEqual([OTHER])
})

test('what two sites claim is seen, though only one of them is read again', async () => {
  const { readSites, readAgain } = siteDocuments(PATH)
  await readSites()
  put(`sites/${APP}`, siteDocument(APP, { aliases: [OTHER] }))
  const { sites, broken } = await readAgain([APP])
  expect([sites, broken.map(({ hostname }) => hostname).sort()]).toEqual([[], [APP, OTHER]])
})

test('certificates are read by name where a site has some, and listed where the first site gets one', async () => {
  const { readSites, readAgain } = siteDocuments(PATH)
  await readSites()
  put(`sites/${APP}`, siteDocument(APP, { tls: 'acme' }))
  await readAgain([APP])
  expect(listed().slice(2)).toEqual([`${PATH}/sites`, `${PATH}/images`, `${PATH}/certificates`])
  await readAgain([APP])
  expect(named().at(-1)).toEqual(['sites', 'images', 'certificates'].map((kind) => `${PATH}/${kind}/${APP}`))
})

test.each<[string, readonly string[], boolean]>([
  ['nothing was listed yet', [APP], false],
  ['no name is given', [], true],
  [
    'they are more than one call takes',
    [APP, OTHER, 'c.example.com', 'd.example.com', 'e.example.com', 'f.example.com'],
    true,
  ],
])('%s: all are listed', async (_, hostnames, isListed) => {
  const { readSites, readAgain } = siteDocuments(PATH)
  if (isListed) await readSites()
  expect((await readAgain(hostnames)).sites).toHaveLength(2)
  expect([named(), listed().length]).toEqual([[], isListed ? 4 : 2])
})

test('throttled: later; a parameter without a value: no reply', async () => {
  const { readSites, readAgain } = siteDocuments(PATH)
  await readSites()
  ssm.on(GetParametersCommand).rejects(serviceError('ThrottlingException'))
  await expect(readAgain([APP])).rejects.toThrow(TryLater)
  ssm.on(GetParametersCommand).resolves({ Parameters: [{ Name: `${PATH}/sites/${APP}` }] })
  await expect(readAgain([APP])).rejects.toThrow(UnexpectedReply)
})
