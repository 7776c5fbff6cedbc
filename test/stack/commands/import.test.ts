// ./edge import on a host that serves a site by hand, before anything is deployed: what is read, written and rehearsed; nothing is changed.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type LocalCloud, startCloud } from '../../../local/cloud.ts'
import { type RenderedRoom, renderedRoom } from '../../../local/machine/rendered/room.ts'
import { changeState, readState } from '../../../local/machine/rendered/state.ts'
import { until } from '../../../local/scenario.ts'
import { hostRole } from '../../../local/world/profiles.ts'
import { beside, typedHere } from '../../support/edge.ts'

const NAME = 'app.example.com'
const AIM = '--region eu-central-1'
const ZONE = 'Z0000000000000000APP'
const BLOCK = `server {
  listen 80;
  server_name ${NAME};
  location / { proxy_pass http://127.0.0.1:8501; }
}
`

let cloud: LocalCloud
let room: RenderedRoom
let folder: string
let id: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ragstream-edge-import-'))
  mkdirSync(join(folder, 'sites'))
  room = renderedRoom(join(folder, 'machines'))
  const there = { packageFolder: folder, workFolder: folder, room }
  cloud = await startCloud({ ...there, tempo: { pendingMs: 50, stoppingMs: 50 }, registerAfterMs: 50 })
  cloud.world.dispatch({ type: 'CreateHostedZone', id: ZONE, name: 'example.com' })
  const tags = { Name: 'app', 'ragstream-edge:stage': 'prod' }
  id = cloud.world.dispatch<'RunInstance'>({ type: 'RunInstance', tags }).id
  await until(cloud, 'the agent is there', 300, ({ instances }) => instances.get(id)?.agent ?? undefined)
  await cloud.hosts
    .machine(id)!
    .exec(['bash', '-c', 'apt-get install -y nginx docker.io && systemctl enable --now nginx docker'])
  serveByHand()
})
afterAll(async () => {
  await cloud?.close()
  await room?.close()
  rmSync(folder, { recursive: true, force: true })
})

const disk = () => room.disk(id)
function serveByHand(): void {
  writeFileSync(join(disk(), 'etc/nginx/conf.d/own.conf'), BLOCK)
  const streamlit = {
    ...{ id: 'c'.repeat(64), name: 'streamlit', image: 'ragstream:1.4.0', running: true, labels: {} },
    ...{ publish: [{ hostIp: '0.0.0.0', hostPort: 8501, containerPort: 8501 }], restart: 'always' },
    ...{ env: ['TOKEN=hunter2hunter2'], volumes: ['/srv/data:/data'], arguments: ['--rm'], stoppedByHand: false },
  }
  const image = {
    ...{ id: 'sha256:a', repoDigests: [], listens: 8501, health: 'ok', exitCode: 0, log: '' },
    ...{ healthPath: '/_stcore/health', streamPath: '/_stcore/stream' },
  }
  changeState(disk(), (state) => ({ ...state, containers: [streamlit], images: { 'ragstream:1.4.0': image } }))
}
const edge = (...words: string[]) => typedHere({ env: beside(cloud) }, ...words, '--sites', join(folder, 'sites'))
const file = () => join(folder, 'sites', `${NAME}.json`)

test('without a yes nothing is sent', async () => {
  const { code, stderr } = await edge('import', NAME)
  expect({ code, stderr }).toEqual({ code: 2, stderr: 'found no terminal to ask, wanted a yes: --yes\n' })
  expect(cloud.world.state.commands.size).toBe(0)
  expect(existsSync(file())).toBe(false)
})

test('read, written and rehearsed: names of variables alone, and nothing is changed on the host', async () => {
  const before = readState(disk())
  const { code, stdout, stderr } = await edge('import', NAME, '--yes')
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(JSON.parse(readFileSync(file(), 'utf8'))).toEqual({
    $schema: '../../docs/site.schema.json',
    ...{ hostname: NAME, hostedZoneId: ZONE, instances: { 'tag:Name': 'app' }, image: 'ragstream:1.4.0', adopt: true },
    container: { env: { TOKEN: '' }, volumes: ['/srv/data:/data'] },
  })
  expect(stdout).toMatch(/^two scripts that only read go to i-\w+ by AWS-RunShellScript, with your own rights/)
  expect(stdout).toMatch(/container streamlit: image ragstream:1\.4\.0, port 8501, restart always, "env"/)
  expect(stdout).toMatch(/cannot be carried over:\n {2}--rm: put it into the image/)
  expect(stdout).toMatch(
    /rehearsal on i-\w+, which changed nothing:\n[\s\S]*found: ok, kind=container name=streamlit has=/,
  )
  expect(stdout).toMatch(/ok +own role +web-host-role may not write/)
  expect(stdout).toMatch(/before the deploy:\n {2}container\.env: TOKEN: the values were not read/)
  expect(stdout).toContain(
    `next: ./edge doctor ${AIM}, then ./edge deploy ${AIM}; to rehearse again: ./edge import ${NAME} ${AIM}\n`,
  )
  const kept = JSON.stringify([...cloud.world.state.commands.values()])
  expect(stdout + kept + readFileSync(file(), 'utf8')).not.toContain('hunter2')
  expect(readState(disk())).toEqual(before)
})

test('once the file is there it stays, and its own values are rehearsed; a role that writes the record is named', async () => {
  changeState(disk(), (state) => ({
    ...state,
    containers: state.containers.map((one) => ({ ...one, arguments: [] })),
  }))
  const site = JSON.parse(readFileSync(file(), 'utf8'))
  const text = JSON.stringify({ ...site, container: { ...site.container, env: { TOKEN: 'x' } } })
  writeFileSync(file(), text)
  const dns = {
    name: 'dns',
    document: {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: 'route53:ChangeResourceRecordSets', Resource: '*' }],
    },
  }
  const role = hostRole(cloud.world.state.account, [dns])
  cloud.world.dispatch({ type: 'PutInstanceProfile', name: 'web-host', role })
  const { code, stdout } = await edge('import', NAME, '--yes', '--json')
  const value = JSON.parse(stdout)
  expect(value).toMatchObject({ command: 'import', code: 0, file: file(), todo: [] })
  expect(code).toBe(0)
  expect(value.rehearsal.at(-1)).toMatch(/^step=done result=checked/)
  expect(value.rehearsal.join('\n')).toMatch(/^step=container result=would-change/m)
  expect(value.role[0]).toMatch(/may itself write app\.example\.com[\s\S]*aws iam delete-role-policy/)
  expect(readFileSync(file(), 'utf8')).toBe(text)
})

test('nothing that serves by hand, or an instance that does not run: told, and nothing is written', async () => {
  rmSync(file())
  rmSync(join(disk(), 'etc/nginx/conf.d/own.conf'))
  changeState(disk(), (state) => ({ ...state, containers: [] }))
  const nothing = await edge('import', NAME, '--yes')
  expect(nothing.code).toBe(2)
  expect(nothing.stderr).toMatch(
    /found neither a container nor a server block for app\.example\.com, wanted .*\.\/edge init/,
  )
  cloud.world.dispatch({ type: 'StopInstances', ids: [id] })
  await until(cloud, 'stopped', 300, ({ instances }) => instances.get(id)?.state === 'stopped' || undefined)
  expect((await edge('import', NAME, '--yes')).stderr).toMatch(
    /found it stopped, wanted it running: aws ec2 start-inst/,
  )
  expect((await edge('import', 'a b', '--yes')).stderr).toMatch(/hostname: found "a b", wanted a DNS name/)
  expect(existsSync(file())).toBe(false)
})
