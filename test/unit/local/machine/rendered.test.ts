// The rendered machine as a machine: boot, exec, power off, and a PATH that reaches nothing of the real system.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type RenderedRoom, renderedRoom } from '../../../../local/machine/rendered/room.ts'
import type { Machine } from '../../../../local/machine/types.ts'
import { holdTimers } from '../../../support/held-timers.ts'
import { death } from '../../../support/processes.ts'

let folder: string
let room: RenderedRoom
let machine: Machine

beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'ragstream-edge-room-'))
  room = renderedRoom(folder)
  machine = await room.machine('i-1', { privateIp: '172.31.0.10' })
  await machine.boot()
})
afterEach(async () => {
  await room.close()
  rmSync(folder, { recursive: true, force: true })
})

const bash = (script: string, options = {}) => machine.exec(['bash', '-c', script], options)

/** A service on the PATH and a container that runs. */
async function withContainer(publish: string): Promise<void> {
  await bash('apt-get install -y nginx docker.io && docker pull app:1')
  await bash(`docker run --detach --name app --restart unless-stopped --publish ${publish} app:1`)
}

const health = async (host: string, port = 80): Promise<string> =>
  (
    await machine.exec([
      'curl',
      '--silent',
      '--header',
      `Host: ${host}`,
      '--write-out',
      ' %{http_code}',
      `http://127.0.0.1:${port}/_stcore/health`,
    ])
  ).stdout

const site = (port: number): string =>
  `server { listen 80; server_name app.example.com; location / { proxy_pass http://127.0.0.1:${port}; } }\n`

test('a program: its output as it comes, its code, its input', async () => {
  const seen: string[] = []
  const onOutput = (stream: string, text: string): void => void seen.push(`${stream} ${text}`)
  const result = await machine.exec(['bash', '-c', 'read -r line; echo "got $line"; echo bad >&2; exit 3'], {
    stdin: 'this\n',
    onOutput,
  })
  expect(result).toEqual({ exitCode: 3, timedOut: false, stdout: 'got this\n', stderr: 'bad\n' })
  expect(seen.sort()).toEqual(['stderr bad\n', 'stdout got this\n'])
})

test('a program over its time limit is ended with all that it started', async () => {
  const timers = holdTimers()
  try {
    const started = Promise.withResolvers<void>()
    const running = bash('sleep 600 & echo $!; wait', { timeoutMs: 200, onOutput: () => started.resolve() })
    await started.promise
    await timers.pass(200)
    const result = await running
    expect(result).toMatchObject({ exitCode: null, timedOut: true, stdout: expect.stringMatching(/^\d+\n$/) })
    await death(Number(result.stdout))
  } finally {
    timers.release()
  }
})

test('a power-off ends what runs; then nothing can be run, and the disk stays', async () => {
  const started = Promise.withResolvers<void>()
  const running = bash('echo kept >file; echo; sleep 600', { onOutput: () => started.resolve() })
  await started.promise
  await machine.powerOff()
  expect(await running).toMatchObject({ exitCode: null, timedOut: false })
  await expect(bash('true')).rejects.toThrow('machine i-1 is not running')
  await machine.boot()
  expect((await bash('cat file')).stdout).toBe('kept\n')
  await machine.destroy()
  expect(existsSync(room.disk('i-1'))).toBe(false)
})

test('no program of the real system that could change it is within reach', async () => {
  const names =
    'sudo dnf yum rpm dpkg nginx docker dockerd podman cloud-init restorecon setsebool getenforce reboot iptables node'
  const found = await bash(`for name in ${names}; do command -v "$name"; done; true`)
  expect(found.stdout).toBe('')
  const { PATH, HOME, TMPDIR } = Object.fromEntries(
    (await bash('env')).stdout
      .trim()
      .split('\n')
      .map((line) => line.split(/=(.*)/)),
  )
  for (const place of [PATH, HOME, TMPDIR]) expect(place).toContain(folder)
})

test('curl is answered by what nginx has loaded: a file in place counts from the reload on', async () => {
  await withContainer('127.0.0.1:8501:8501')
  expect(await health('app.example.com')).toMatch(/ 404$/)
  writeFileSync(path.join(room.disk('i-1'), 'etc/nginx/conf.d/app.conf'), site(8501))
  expect(await health('app.example.com')).toMatch(/ 404$/)
  await bash('systemctl reload nginx')
  expect(await health('app.example.com')).toBe('ok 200')
  expect(await health('other.example.com')).toMatch(/ 404$/)
})

test.each([
  ['proxy_pass to another port', '127.0.0.1:8501:8501', 8502],
  ['a publish on every address', '8501:8501', 8501],
  ['a port on which the app does not listen', '127.0.0.1:8501:80', 8501],
])('502: %s', async (_, publish, port) => {
  await withContainer(publish)
  writeFileSync(path.join(room.disk('i-1'), 'etc/nginx/conf.d/app.conf'), site(port))
  await bash('systemctl reload nginx')
  expect(await health('app.example.com')).toMatch(/ 502$/)
})

test('after a power-off containers and services are back as Docker and systemd would have them', async () => {
  await withContainer('127.0.0.1:8501:8501')
  await bash(
    'docker run --detach --name once --publish 127.0.0.1:8601:8501 app:1; docker run --detach --name halted --restart unless-stopped --publish 127.0.0.1:8602:8501 app:1; docker stop halted',
  )
  await machine.powerOff()
  await machine.boot()
  expect((await bash('docker ps -q')).stdout).toBe('app\n')
  expect([await health('x', 8501), await health('x', 8601), await health('x', 8602)]).toEqual([
    'ok 200',
    ' 000',
    ' 000',
  ])
})

test('a recorder refuses what it does not know, and notes every call', async () => {
  await bash('apt-get install -y docker.io')
  expect(await bash('docker swarm init')).toMatchObject({
    exitCode: 64,
    stderr: 'docker of the rendered host does not know: swarm init\n',
  })
  expect(await bash('docker run --detach --name a --privileged app:1')).toMatchObject({
    exitCode: 70,
    stderr: expect.stringContaining('--privileged'),
  })
  expect(readFileSync(path.join(room.disk('i-1'), '.machine/calls.log'), 'utf8')).toBe(
    'apt-get install -y docker.io\ndocker swarm init\ndocker run --detach --name a --privileged app:1\n',
  )
})

test('words with spaces, quotes, line ends and nothing at all reach a recorder as they are', async () => {
  const { stderr } = await machine.exec(['curl', 'ftp://127.0.0.1/', 'a b', '', '\'\n"$x'])
  expect(stderr).toBe('curl of the rendered host does not know: ftp://127.0.0.1/ a b  \'\n"$x\n')
})

test('the room says what it does not exercise', () => {
  expect(room.notExercised.join('\n')).toMatch(
    /nginx[\s\S]*Docker engine[\s\S]*Streamlit[\s\S]*NAT[\s\S]*security group/,
  )
})
