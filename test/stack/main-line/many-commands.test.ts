// A host that has been looked at for days, on pages that are cut before they are filtered: it is not configured again, and what looks cost is counted.
import { furnishAccount, startInstance } from '../../../local/scenario.ts'
import { type TestCloud, testCloud } from '../../support/cloud.ts'

/** Milliseconds by which the services' clock is behind: to the functions all of it is long ago. */
const LONG_AGO = 3_600_000

let cloud: TestCloud
let id: string
beforeAll(async () => {
  cloud = await testCloud({ now: () => Date.now() - LONG_AGO })
  ;[id = ''] = furnishAccount(cloud, cloud.sites, cloud.stage)
  await cloud.deploy()
  await startInstance(cloud, cloud.sites[0]!, id)
  await cloud.stack.idle({ retries: true })
})
afterAll(() => cloud?.close())

/** As eight looks an hour leave them. */
function inspections(count: number): void {
  const { hostname } = cloud.sites[0]!
  const documentName = [...cloud.world.state.documents.keys()].find((name) => name.includes('InspectHost'))!
  const values = { Hostname: hostname, HostPort: 8501, ContainerPort: 8501 }
  const parameters = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, [String(value)]]))
  const end = { status: 'Success', responseCode: 0, stdout: '{}', stderr: '' } as const
  for (let sent = 0; sent < count; sent += 1) {
    const { id: commandId } = cloud.world.dispatch<'SendCommand'>({
      ...{ type: 'SendCommand', documentName, instanceIds: [id], parameters },
    })
    cloud.world.dispatch({ type: 'EndInvocation', commandId, instanceId: id, ...end })
  }
}

const configurations = () =>
  [...cloud.world.state.commands.values()].filter(({ documentName }) => documentName.includes('ConfigureHost')).length

/** Calls of a look of the schedule and of all that follows from it. One that a busy machine made too late to see the site live costs more, and is made again. */
async function look(): Promise<string[]> {
  for (let tries = 1; ; tries++) {
    const [called, logged] = [cloud.called().length, cloud.logged().length]
    cloud.stack.triggerSchedule('ReconcileRule')
    await cloud.stack.idle({ retries: true })
    const isInTime = cloud
      .logged()
      .slice(logged)
      .some((message) => message.startsWith('still live: '))
    if (isInTime || tries === 6) return cloud.called().slice(called)
  }
}

const lists = (calls: readonly string[]) => calls.filter((call) => call === 'ssm ListCommandInvocations').length

test('200 inspections since its start: nothing is sent, and all pages are read', async () => {
  const before = configurations()
  expect(lists(await look())).toBe(1)
  inspections(200)
  expect(lists(await look())).toBe(5)
  expect(configurations()).toBe(before)
})

test('more than ten pages: the host says that it is right, nothing is sent, and ten pages are read', async () => {
  const before = configurations()
  inspections(500)
  expect(lists(await look())).toBe(10)
  expect(configurations()).toBe(before)
})
