// What a test waits for on the local cloud: a host that was told twice has run the document when the newer command has ended.
import { untilLive } from '../../../local/scenario.ts'
import { liveWorld } from '../../../local/world/live.ts'
import type { DocumentContent, LiveWorld } from '../../../local/world/types.ts'
import { createWorld } from '../../../local/world/world.ts'

const ID = 'i-00000000000000001'
const site = { hostname: 'app.example.com', hostedZoneId: 'Z0123', instances: { 'tag:Name': 'app' } }
const text = { type: 'String' }
const content: DocumentContent = {
  ...{ schemaVersion: '2.2', parameters: { Hostname: text, SentAt: text } },
  mainSteps: [{ action: 'aws:runShellScript', name: 'one', inputs: { runCommand: ['true'] } }],
}

let world: LiveWorld
afterEach(() => world.close())

test('two runs told the host, and the service got the older command last: the newer one is waited for', async () => {
  world = liveWorld(createWorld({ tempo: { insyncMs: 0 } }))
  world.dispatch({ type: 'CreateDocument', name: 'ConfigureHost', content })
  world.dispatch({ type: 'RunInstance', id: ID, tags: {}, state: 'running' })
  world.dispatch({ type: 'RegisterAgent', instanceId: ID })
  world.dispatch({
    type: 'CreateHostedZone',
    id: site.hostedZoneId,
    name: 'example.com.',
    account: world.state.account,
  })
  const values = [world.state.instances.get(ID)!.publicIp!]
  const record = { name: `${site.hostname}.`, type: 'A', ttl: 60, values }
  world.dispatch({
    ...{ type: 'ChangeResourceRecordSets', zoneId: site.hostedZoneId },
    changes: [{ action: 'CREATE', record }],
  })
  const send = (sentAt: number) => {
    const parameters = { Hostname: [site.hostname], SentAt: [String(sentAt)] }
    const sent = { type: 'SendCommand', documentName: 'ConfigureHost', instanceIds: [ID], parameters } as const
    return world.dispatch<'SendCommand'>(sent).id
  }
  const end = (commandId: string, result: string) =>
    world.dispatch({
      ...{ type: 'EndInvocation', commandId, instanceId: ID, status: 'Success', responseCode: 0 },
      ...{ stdout: `step=done result=${result}\n`, stderr: '' },
    })
  const [newer, older] = [send(2), send(1)]
  // Both have run; the agent reports first what came to nothing.
  end(older, 'superseded')
  let isTaken = false
  const live = untilLive({ world }, site, ID).finally(() => {
    isTaken = true
  })
  await new Promise((resolve) => setImmediate(resolve))
  expect(isTaken).toBe(false)
  end(newer, 'changed')
  expect((await live).command.id).toBe(newer)
})
