// What the document does to a host on which all goes well: first run, nothing to do, changes, boots.
import { mkdirSync, statSync } from 'node:fs'
import path from 'node:path'
import { request } from '../../local/machine/rendered/requests.ts'
import { configureHostDocument } from '../../resources/documents.ts'
import { base64, CONTAINER, copyForEach, NAME, newHost, SITE_FILE } from './host.ts'

const on = copyForEach()

test('a bare host: packages, container on the loopback address, nginx, and an answer through port 80', async () => {
  const bare = await newHost()
  const run = await bare.configure()
  expect(run.lines.map((line) => line.replace(/ (rendering|id|file)=\S+/g, ''))).toEqual([
    'step=lock result=ok',
    'step=packages result=changed installed="nginx docker.io"',
    'step=services result=unchanged',
    'step=container-files result=changed',
    'step=metadata result=changed',
    'step=guard result=changed',
    'step=nginx-test result=ok',
    'step=image result=changed image=ragstream:1.4.0',
    `step=container result=changed name=${CONTAINER} publish="127.0.0.1:8501->8501" rollout=first reason="nothing is served yet"`,
    `step=default result=changed aside=${bare.root}/etc/nginx/sites-enabled/default`,
    'step=nginx result=changed',
    'step=health result=ok port=8501',
    `step=port-80-health result=ok host=${NAME}`,
    'step=guard result=changed port=8501',
    'step=done result=changed site=abcdef123456',
  ])
  expect(run.exitCode).toBe(0)
  expect(bare.state().containers).toMatchObject([
    {
      name: CONTAINER,
      running: true,
      restart: 'unless-stopped',
      publish: [{ hostIp: '127.0.0.1', hostPort: 8501, containerPort: 8501 }],
    },
  ])
  await bare.destroy()
})

test('nothing to do: every step says so, and nothing is restarted or reloaded', async () => {
  on.host.calls()
  const run = await on.host.configure()
  expect(run.results).toEqual({
    lock: 'ok',
    packages: 'unchanged',
    services: 'unchanged',
    default: 'unchanged',
    metadata: 'unchanged',
    guard: 'unchanged',
    'container-files': 'unchanged',
    'nginx-test': 'unchanged',
    image: 'unchanged',
    container: 'unchanged',
    health: 'ok',
    nginx: 'unchanged',
    'port-80-health': 'ok',
    done: 'unchanged',
  })
  expect(
    on.host
      .calls()
      .filter((call) => /^(docker (create|stop|start|rename|rm)|systemctl (reload|enable)|apt-get)/.test(call)),
  ).toEqual([])
})

test('the program in templates/ says and does what the composed document does', async () => {
  expect(await on.host.configureDirectly()).toEqual(await on.host.configure())
})

test('by hand, two values are enough: the name and the image', async () => {
  const program = ['bash', path.resolve('templates/configure-host/main.sh')]
  const given = { EDGE_HOSTNAME: 'by-hand.example.com', EDGE_IMAGE: 'ragstream:1.4.0', EDGE_HOST_PORT: '8600' }
  const { stdout } = await on.host.machine.exec(program, { env: given })
  expect(stdout).toMatch(/\nstep=done result=changed site=00000000\n$/)
  const { EDGE_IMAGE: _, ...without } = given
  expect((await on.host.machine.exec(program, { env: without })).stdout).toMatch(
    /^step=inputs result=failed reason="Image does not match /,
  )
})

test('the server block: names, loopback port, headers and limits', async () => {
  await on.host.configure({
    Aliases: 'www.example.com,example.com',
    HostPort: '8600',
    ClientMaxBodySize: '5g',
    ReadTimeout: '2h',
  })
  const text = on.host.file(SITE_FILE)
  for (const line of [
    'listen 80;',
    `server_name ${NAME} www.example.com example.com;`,
    'client_max_body_size 5g;',
    'server 127.0.0.1:8600;',
    'proxy_http_version 1.1;',
    'proxy_set_header Host $http_host;',
    'proxy_set_header X-Real-IP $remote_addr;',
    'proxy_set_header X-Forwarded-For $remote_addr;',
    'proxy_set_header X-Forwarded-Proto $scheme;',
    'proxy_read_timeout 2h;',
    'proxy_send_timeout 2h;',
    'proxy_buffering off;',
    'proxy_buffer_size 64k;',
  ]) {
    expect(text.split('\n').map((one) => one.trim())).toContain(line)
  }
  expect(text).not.toMatch(/@[A-Z]/)
  const variable = /map \$http_upgrade (\$edge_[0-9a-f]{12}_connection) \{\s+websocket upgrade;\s+\}/.exec(text)?.[1]
  expect(text).toMatch(
    /map \$http_upgrade (\$edge_[0-9a-f]{12}_upgrade) \{\s+websocket websocket;\s+\}[\s\S]*proxy_set_header Upgrade \1;/,
  )
  expect(text).toContain(`proxy_set_header Connection ${variable};`)
  for (const name of [NAME, 'www.example.com', 'example.com']) {
    expect(request(on.host.state(), 80, name, '/_stcore/health')).toEqual({ status: 200, body: 'ok' })
  }
  expect(request(on.host.state(), 80, 'other.example.com', '/_stcore/health')).toBe('ended')
})

test('another image: one container afterwards, the new one, and nginx is left alone', async () => {
  const run = await on.host.configure({ Image: 'ragstream:1.5.0' })
  expect(run.results).toMatchObject({ container: 'changed', nginx: 'unchanged', done: 'changed' })
  expect(on.host.state().containers).toMatchObject([{ name: CONTAINER, image: 'ragstream:1.5.0', running: true }])
})

test('a moved tag is another image, though its name is the same', async () => {
  const digests = { repoDigests: ['ragstream@sha256:new'], id: 'sha256:new' }
  on.host.image('ragstream:1.4.0', digests)
  expect((await on.host.configure()).results).toMatchObject({ image: 'unchanged', container: 'changed' })
})

test('an image that was built on the host is used, and no registry is asked for its name', async () => {
  on.host.image('mine:1')
  on.host.calls()
  const run = await on.host.configure({ Image: 'mine:1' })
  expect(run.results).toMatchObject({ image: 'unchanged', container: 'changed', done: 'changed' })
  expect(on.host.calls().filter((call) => call.startsWith('docker pull'))).toEqual([])
})

test('limits, volumes and environment reach the container; the environment lies in a file for root only', async () => {
  const run = await on.host.configure({
    Memory: '512m',
    ReadOnlyRoot: 'true',
    Env: base64('KEY=value\nOTHER=a b\n'),
    Volumes: base64('/srv/data:/data:ro\n'),
  })
  expect(run.results.done).toBe('changed')
  const [container] = on.host.state().containers
  expect(container).toMatchObject({ env: ['KEY=value', 'OTHER=a b'], volumes: ['/srv/data:/data:ro'] })
  const words = container!.arguments.join(' ')
  expect(words).toContain('--memory 512m --read-only --tmpfs /tmp')
  expect(words).toContain('--security-opt no-new-privileges')
  expect(words).toContain('--log-opt max-size=10m --log-opt max-file=3')
  expect(statSync(path.join(on.host.root, 'var/lib/ragstream-edge', NAME, 'env')).mode & 0o777).toBe(0o600)
})

test('after stop and start the container and nginx are back, and there is nothing to do', async () => {
  await on.host.machine.powerOff()
  await on.host.machine.boot()
  expect((await on.host.configure()).results).toMatchObject({
    container: 'unchanged',
    nginx: 'unchanged',
    done: 'unchanged',
  })
})

test('a container that was stopped is started, not replaced', async () => {
  await on.host.machine.exec(['docker', 'stop', CONTAINER])
  const run = await on.host.configure()
  expect(run.lines).toContain('step=container-recover result=changed act=started reason="it did not run"')
  expect(run.results).toMatchObject({ container: 'unchanged', done: 'changed' })
})

test('Docker was told to leave iptables alone: each run says what that means', async () => {
  mkdirSync(path.join(on.host.root, 'etc/docker'), { recursive: true })
  on.host.write('etc/docker/daemon.json', '{\n  "iptables" : false\n}\n')
  const run = await on.host.configure()
  expect(run.lines).toContain(
    'step=guard result=ok reason="Docker was told iptables: false, and keeps the containers of this host not apart"',
  )
  expect(run.results.done).toBe('unchanged')
})

test('several sites on one host, each on its own port', async () => {
  const run = await on.host.configure({ Hostname: 'two.example.com', HostPort: '8502' })
  expect(run.results.done).toBe('changed')
  expect(on.host.state().containers.map(({ name, running }) => [name, running])).toEqual([
    [CONTAINER, true],
    ['ragstream-edge-two.example.com', true],
  ])
  expect((await on.host.configure()).results.done).toBe('unchanged')
})

test('two runs at once: one after the other, and both say what they found', async () => {
  const runs = await Promise.all([
    on.host.configure({ Image: 'ragstream:2' }),
    on.host.configure({ Image: 'ragstream:2' }),
  ])
  expect(runs.map(({ results }) => results.container).sort()).toEqual(['changed', 'unchanged'])
})

test('the wait for cloud-init ends with cloud-init', async () => {
  await on.host.machine.exec(['mkdir', '-p', 'run/cloud-init'])
  const bounded = await on.host.configure({}, { EDGE_CLOUD_INIT_WAIT: '0' })
  expect(bounded.lines).toContain('step=cloud-init result=ok reason="still running after 0 s; going on"')
  on.host.write('run/cloud-init/result.json', '{}')
  expect((await on.host.configure()).results['cloud-init']).toBeUndefined()
})

test('what the document prints fits into what Systems Manager keeps', async () => {
  const run = await on.host.configure({ Image: 'ragstream:3' })
  expect(run.lines.join('\n').length).toBeLessThan(8000)
  expect(configureHostDocument().mainSteps[0].inputs.runCommand[0]).toBe('#!/bin/bash')
})
