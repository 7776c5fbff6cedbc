// The hook after a deploy: rules that were just made let the first events pass, and the sites are right nevertheless.
import { createRequire } from 'node:module'
import { furnishAccount, served, until } from '../../../local/scenario.ts'
import { type TestCloud, testCloud } from '../../support/cloud.ts'

interface Plugin {
  readonly hooks: Readonly<Record<string, () => Promise<void>>>
}
type Log = Readonly<Record<'notice' | 'warning', (line: string) => void>>
const FirstLook: new (serverless: unknown, options: unknown, utils: { log: Log }) => Plugin = createRequire(
  import.meta.url,
)('../../../resources/package/first-look.cjs')

let cloud: TestCloud
beforeAll(async () => {
  cloud = await testCloud({ tempo: { pendingMs: 50, stoppingMs: 50, insyncMs: 100, rulesMatchAfterMs: 3_600_000 } })
})
afterAll(() => cloud?.close())

/** What `sls deploy` prints with this access key. */
async function afterDeploy(accessKeyId: string): Promise<string[]> {
  const said: string[] = []
  const log = { notice: (line: string) => void said.push(line), warning: (line: string) => void said.push(`! ${line}`) }
  const config = {
    ...{ endpoint: cloud.wire.url, region: cloud.world.state.region },
    credentials: { accessKeyId, secretAccessKey: cloud.wire.secretOf(accessKeyId) },
  }
  const { name } = cloud.stack.functions.find(({ key }) => key === 'resync')!
  const serverless = {
    service: { getFunction: () => ({ name }) },
    getProvider: () => ({ getAwsSdkV3Config: async () => config }),
  }
  await new FirstLook(serverless, {}, { log }).hooks['after:deploy:deploy']!()
  return said
}

test('no rule matches yet: the look makes record and host right, and says so', async () => {
  const [site] = cloud.sites
  const [id] = furnishAccount(cloud, cloud.sites, cloud.stage)
  cloud.world.dispatch({ type: 'StartInstances', ids: [id!] })
  await until(cloud, 'its agent is there', 60, ({ instances }) => instances.get(id!)?.agent ?? undefined)
  await cloud.deploy()
  await cloud.stack.idle({ retries: true })
  expect([served(cloud.world.state, site!), cloud.world.state.commands.size]).toEqual([undefined, 0])
  const said = await afterDeploy('local-admin')
  expect(said[0]).toBe('A first look at every site:')
  expect(said.join('\n')).toContain(`configure ${id} for ${site!.hostname}`)
  const address = cloud.world.state.instances.get(id!)!.publicIp!
  await until(
    cloud,
    'the record holds its address',
    60,
    (world) => served(world, site!)?.includes(address) || undefined,
  )
  await until(cloud, 'its host has run the document', 60, ({ commands }) =>
    [...commands.values()].find(
      (one) => one.comment.startsWith(site!.hostname) && one.invocations.get(id!)?.status === 'Success',
    ),
  )
})

test('a deployer who may not invoke: one plain sentence, and the deploy is none the worse', async () => {
  const said = await afterDeploy('DiagnoseRole')
  expect(said).toEqual([
    'A first look at every site:',
    expect.stringMatching(
      /^! No first look was made: this role may not invoke ragstream-edge-prod-resync \(lambda:InvokeFunction\)\. The schedule looks within 15 minutes/,
    ),
  ])
})
