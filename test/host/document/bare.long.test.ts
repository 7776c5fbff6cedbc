// A host without nginx, Docker and the small programs: they are installed from a package repository, or nothing is there but the reason.
import type { Host } from '../../../local/machine/nspawn/machine.ts'
import { openRoom } from '../machine/bench.ts'
import { type PackageRepository, packageRepository } from '../machine/package-repository.ts'
import { ask, CONTAINER, configure, containers, NAME, NO_SITE, SERVED, sh } from './bench.ts'

const INSTALLED = ['nginx', 'curl', 'python3-minimal', 'docker.io', 'iproute2']
const PROGRAMS = ['nginx', 'curl', 'python3', 'dockerd', 'ss']
const SOURCES = '/etc/apt/sources.list'

let room: Awaited<ReturnType<typeof openRoom>>
let host: Host
let repository: PackageRepository

const useSource = (line: string) => sh(host, `cat >${SOURCES}`, `${line}\n`)

beforeAll(async () => {
  room = await openRoom()
  repository = await packageRepository(room.cloudAddress, INSTALLED)
  host = await room.machine('i-bare', { privateIp: '172.31.4.8' })
  await host.boot()
  expect(await found()).toBe(`${PROGRAMS.join('\n')}\n/etc/nginx\nport 80\n`)
  // With all that only they needed; what the image was given by hand (the registry's name) is no package's file and stays.
  await sh(host, `apt-get purge -y --autoremove ${INSTALLED.join(' ')}; rm -f ${SOURCES}`)
  // Whoever cannot be reached is asked once: apt's own pauses are not what is looked at here.
  await sh(host, 'cat >/etc/apt/apt.conf.d/50bench', 'Acquire::Retries "0";\n')
  // Another file may prepare something of minutes under the same lock.
}, 1_800_000)
afterAll(async () => {
  await room?.close()
  await repository?.close()
})

/** What a bare host does not have: the programs, a folder of nginx, anything half-installed, somebody on port 80. */
const found = () =>
  sh(
    host,
    `for p in ${PROGRAMS.join(' ')}; do command -v $p >/dev/null && echo $p; done
     ls -d /etc/nginx 2>/dev/null; dpkg --audit
     bash -c ': </dev/tcp/127.0.0.1/80' 2>/dev/null && echo port 80`,
  )

const impatient = { EDGE_PACKAGE_WAIT: '0' }

test('without a way to the repository the reason names the server and what to do, and nothing is on the host', async () => {
  const gone = `http://${room.cloudAddress}:1`
  await useSource(`deb [trusted=yes] http://somebody:secret@${room.cloudAddress}:1/ ./`)
  const run = await configure(host, {}, impatient)
  expect(run.exitCode).toBe(1)
  expect(run.last).toMatch(
    /^step=packages result=failed reason="packages were not installed: E: Unable to locate package .*; not fetched: .*" hint="let the host reach its package servers, then run again; /,
  )
  expect(run.last).toContain(`not fetched: ${gone}/./InRelease  Could not connect to`)
  expect(run.last).not.toContain('secret')
  expect(await found()).toBe('')
})

test('where one package is missing in the repository, none of the others is installed', async () => {
  await useSource(repository.source)
  repository.withhold('containerd_')
  const run = await configure(host, {}, impatient)
  repository.withhold(undefined)
  expect(repository.served).toContainEqual(expect.stringMatching(/^nginx_/))
  expect(run.exitCode).toBe(1)
  expect(run.last).toMatch(
    /^step=packages result=failed reason="packages were not installed: .*; not fetched: http:.*containerd_.* 404 .*" hint="let the host reach/,
  )
  expect(await found()).toBe('')
})

test('a repository that comes while the run waits is used: the site is served, and the next run changes nothing', async () => {
  await useSource(`deb [trusted=yes] http://${room.cloudAddress}:1/ ./`)
  await sh(host, ': >/var/log/ragstream-edge.log')
  const running = configure(host, {}, { EDGE_PACKAGE_PAUSE: '5' })
  await sh(host, 'until grep -q "Unable to locate" /var/log/ragstream-edge.log; do sleep 0.1; done')
  await useSource(repository.source)
  const run = await running
  expect(run.lines).toContain(`step=packages result=changed installed="${INSTALLED.join(' ')}"`)
  expect(run.results).toMatchObject({ services: 'unchanged', 'port-80-health': 'ok', done: 'changed' })
  expect(run.stderr).toBe('')
  expect(repository.served).toContainEqual(expect.stringMatching(/^docker\.io_/))
  expect(await ask(host, NAME)).toBe(SERVED)
  expect(await ask(host, 'other.example.com')).toBe(NO_SITE)
  expect(await containers(host)).toEqual([`${CONTAINER} runs`])
  expect(await sh(host, 'systemctl is-enabled nginx docker; dpkg --audit')).toBe('enabled\nenabled\n')

  const fetched = repository.served.length
  const again = await configure(host)
  expect(again.results).toMatchObject({ packages: 'unchanged', services: 'unchanged', done: 'unchanged' })
  expect(repository.served).toHaveLength(fetched)
})

test('a package that was removed, not purged: what its owner wrote into its configuration stays, also where the package has it anew', async () => {
  const main = '/etc/nginx/nginx.conf'
  await sh(
    host,
    `apt-get remove -y nginx nginx-common; echo '# mine' >>${main}
     sed -i -E 's#^( ${main}) [0-9a-f]{32}#\\1 ${'0'.repeat(32)}#' /var/lib/dpkg/status`,
  )
  expect(await sh(host, `command -v nginx; grep -c '${main} 0000' /var/lib/dpkg/status`)).toBe('1\n')
  const run = await configure(host)
  expect(run.lines).toContain('step=packages result=changed installed=nginx')
  expect(run.results).toMatchObject({ 'port-80-health': 'ok', done: 'changed' })
  expect(await sh(host, `tail -n 1 ${main}; dpkg --audit`)).toBe('# mine\n')
  expect(await ask(host, NAME)).toBe(SERVED)
})
