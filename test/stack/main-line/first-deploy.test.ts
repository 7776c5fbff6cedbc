// The whole line on the packaged artefact: a deploy, an instance's life, and the record and host that follow it.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { askNameServer, furnishAccount, served, startInstance, stopInstance, until } from '../../../local/scenario.ts'
import { type TestCloud, testCloud } from '../../support/cloud.ts'

/** Seconds: only what never comes takes so long. */
const LONG = 300
const NGINX_FILE = 'etc/nginx/conf.d/ragstream-edge-ragstream.rusbehabtahi.com.conf'

describe('the first deploy', () => {
  let cloud: TestCloud
  beforeEach(async () => {
    cloud = await testCloud()
  })
  afterEach(() => cloud.close())

  test('reaches an instance that already runs, without any state-change event', async () => {
    const [site] = cloud.sites
    const [id] = furnishAccount(cloud, cloud.sites, cloud.stage)
    cloud.world.dispatch({ type: 'StartInstances', ids: [id!] })
    const address = await until(cloud, 'the instance runs', LONG, ({ instances }) =>
      instances.get(id!)?.state === 'running' ? instances.get(id!)!.publicIp : undefined,
    )
    await cloud.hosts.settled()
    cloud.happened.length = 0

    await cloud.deploy()

    await until(cloud, 'the record holds its address', LONG, (world) =>
      served(world, site!)?.includes(address!) ? true : undefined,
    )
    const command = await until(cloud, 'its host has run the document', LONG, ({ commands }) =>
      [...commands.values()].find((one) => one.invocations.get(id!)?.status === 'Success'),
    )
    expect(command.documentName).toMatch(/^ragstream-edge-prod-ConfigureHost-[0-9a-f]{8}$/)
    expect(cloud.happened.filter((one) => one.kind === 'event' && one.event.source === 'aws.ec2')).toEqual([])
    expect(cloud.problems()).toEqual([])
  })

  test('parks the name of an instance that does not run; then the record follows every start', async () => {
    const [site] = cloud.sites
    const [id] = furnishAccount(cloud, cloud.sites, cloud.stage)
    await cloud.deploy()
    await until(cloud, 'the name is parked', LONG, (world) =>
      served(world, site!)?.includes('192.0.2.1') ? true : undefined,
    )

    const first = await startInstance(cloud, site!, id!)
    expect(await askNameServer(cloud, site!.hostname)).toEqual([first.address])
    expect(await stopInstance(cloud, site!, id!)).toEqual(['192.0.2.1'])
    const second = await startInstance(cloud, site!, id!)
    expect(await askNameServer(cloud, site!.hostname)).toEqual([second.address])

    expect(second.address).not.toBe(first.address)
    expect(cloud.problems()).toEqual([])
    expect(
      [...cloud.world.state.queues.values()]
        .filter(({ arn }) => /DeadLetters/.test(arn))
        .map(({ messages }) => messages.size),
    ).toEqual([0, 0, 0, 0])
  })

  test('the host ends with the server block and the container that the picture asks for', async () => {
    const [site] = cloud.sites
    const [id] = furnishAccount(cloud, cloud.sites, cloud.stage)
    await cloud.deploy()
    await startInstance(cloud, site!, id!)

    const serverBlock = readFileSync(join(cloud.room.disk(id!), NGINX_FILE), 'utf8').replaceAll(/\s+/g, ' ')
    expect(serverBlock).toContain('listen 80;')
    expect(serverBlock).toContain('server_name ragstream.rusbehabtahi.com;')
    expect(serverBlock).toMatch(
      /upstream edge_(\w+)_kept \{ server 127\.0\.0\.1:8501;.* proxy_pass http:\/\/\$edge_\1_app;/,
    )
    for (const header of [
      'Host $http_host;',
      'X-Real-IP $remote_addr;',
      'X-Forwarded-For $remote_addr;',
      'X-Forwarded-Proto $scheme;',
    ])
      expect(serverBlock).toContain(`proxy_set_header ${header}`)
    expect(serverBlock).toMatch(
      /map \$http_upgrade (\$edge_\w+) \{ websocket websocket; \}.* proxy_set_header Upgrade \1;/,
    )
    expect(serverBlock).toMatch(/client_max_body_size 201m;.*proxy_read_timeout 1h;/)
    // Two runs of host-config may both send: the later command then finds the container there already, or the older one is superseded.
    const printed = [...cloud.world.state.commands.values()].map(({ invocations }) => invocations.get(id!)?.stdout)
    expect(printed.join('\n')).toContain('publish="127.0.0.1:8501->8501"')
  })
})
