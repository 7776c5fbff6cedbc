// Agents as they are, on the packaged artefact: one that is cut while it carries out a command, and begins it again after a newer one.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { furnishAccount, startInstance, until } from '../../../local/scenario.ts'
import { type TestCloud, testCloud } from '../../support/cloud.ts'

let cloud: TestCloud
let id: string

beforeAll(async () => {
  cloud = await testCloud()
  ;[id = ''] = furnishAccount(cloud, cloud.sites, cloud.stage)
  await cloud.deploy()
  await startInstance(cloud, cloud.sites[0]!, id)
  await cloud.stack.idle({ retries: true })
})
afterAll(() => cloud?.close())

const LONG = 300
const site = () => cloud.sites[0]!
const publish = (image: string) =>
  cloud.world.dispatch({
    ...{ type: 'PutParameter', name: `/ragstream-edge/${cloud.stage}/images/${site().hostname}` },
    ...{ value: image, overwrite: true },
  })
const commandFor = (image: string) =>
  [...cloud.world.state.commands.values()].find(({ parameters }) => parameters.Image?.[0] === image)
const statusOf = (image: string) => commandFor(image)?.invocations.get(id)?.status
const applied = () =>
  readFileSync(join(cloud.room.disk(id), `var/lib/ragstream-edge/${site().hostname}/applied`), 'utf8').trim()

test('the old image is sent, the agent is cut, the new one is applied, the agent begins the old one again: the new image stays', async () => {
  publish('ragstream:1.4.1')
  await until(cloud, 'the old image is taken', LONG, () =>
    statusOf('ragstream:1.4.1') === 'InProgress' ? true : undefined,
  )
  await cloud.hosts.stopAgent(id)
  publish('ragstream:1.5.0')
  await until(cloud, 'the new image is sent', LONG, () => (commandFor('ragstream:1.5.0') ? true : undefined))
  await cloud.hosts.startAgent(id)
  await until(cloud, 'both have ended', LONG, () =>
    statusOf('ragstream:1.5.0') === 'Success' && statusOf('ragstream:1.4.1') === 'Success' ? true : undefined,
  )
  expect(applied()).toBe(commandFor('ragstream:1.5.0')!.parameters.SiteHash![0])
})
