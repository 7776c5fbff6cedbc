// The hook after a deploy: rules that were just made let the first events pass, and the sites are right nevertheless.
import { furnishAccount, served, until } from '../../../local/scenario.ts'
import { type TestCloud, testCloud } from '../../support/cloud.ts'
import { afterDeploy } from '../../support/deploy-hook.ts'

/** Seconds: only what never comes takes so long. */
const LONG = 300

let cloud: TestCloud
beforeAll(async () => {
  cloud = await testCloud({ tempo: { pendingMs: 50, stoppingMs: 50, insyncMs: 100, rulesMatchAfterMs: 3_600_000 } })
})
afterAll(() => cloud?.close())

const looked = (accessKeyId: string) => afterDeploy('first-look.cjs', cloud, accessKeyId)

test('no rule matches yet: the look makes record and host right, and says so', async () => {
  const [site] = cloud.sites
  const [id] = furnishAccount(cloud, cloud.sites, cloud.stage)
  cloud.world.dispatch({ type: 'StartInstances', ids: [id!] })
  await until(cloud, 'its agent is there', LONG, ({ instances }) => instances.get(id!)?.agent ?? undefined)
  await cloud.deploy()
  await cloud.stack.idle({ retries: true })
  expect([served(cloud.world.state, site!), cloud.world.state.commands.size]).toEqual([undefined, 0])
  const said = await looked('local-admin')
  expect(said[0]).toBe('A first look at every site:')
  expect(said.join('\n')).toContain(`configure ${id} for ${site!.hostname}`)
  const address = cloud.world.state.instances.get(id!)!.publicIp!
  await until(
    cloud,
    'the record holds its address',
    LONG,
    (world) => served(world, site!)?.includes(address) || undefined,
  )
  await until(cloud, 'its host has run the document', LONG, ({ commands }) =>
    [...commands.values()].find(
      (one) => one.comment.startsWith(site!.hostname) && one.invocations.get(id!)?.status === 'Success',
    ),
  )
})

test('a deployer who may not invoke: one plain sentence, and the deploy is none the worse', async () => {
  const said = await looked('DiagnoseRole')
  expect(said).toEqual([
    'A first look at every site:',
    expect.stringMatching(
      /^! No first look was made: this role may not invoke ragstream-edge-prod-resync \(lambda:InvokeFunction\)\. The schedule looks within 15 minutes/,
    ),
  ])
})
