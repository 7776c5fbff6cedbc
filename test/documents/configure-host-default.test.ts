// The default server belongs to the host: no failure, power cut or other site takes it from the sites that are served with it.
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { request } from '../../local/machine/rendered/requests.ts'
import { copyForEach, expectServedAsBefore, NAME, newHost, SITE_FILE } from './host.ts'

const on = copyForEach()
const DEFAULT_FILE = 'etc/nginx/conf.d/ragstream-edge.conf'
const DEFAULT_ASIDE = 'var/lib/ragstream-edge/default'
const STATE = `var/lib/ragstream-edge/${NAME}`
const STOCK = 'etc/nginx/sites-enabled/default'
const two = { Hostname: 'two.example.com', HostPort: '8502' }
const unknownHost = () => request(on.host.state(), 80, 'unknown.example.com', '/')

test('the disk is full while ours is kept for a change of it: it stays, and the run says why', async () => {
  on.host.write(DEFAULT_FILE, `${on.host.file(DEFAULT_FILE)}# of a version before\n`)
  const before = on.host.file(DEFAULT_FILE)
  on.host.fake(
    'cp',
    (real) => `case "$*" in */previous.new) echo 'No space left on device' >&2; exit 1 ;; esac; exec ${real} "$@"`,
  )
  const run = await on.host.configure()
  expect(run.last).toMatch(
    /^step=nginx result=failed reason="\S+ragstream-edge.conf was not kept: No space left on device"/,
  )
  expect(on.host.file(DEFAULT_FILE)).toBe(before)
  expectServedAsBefore(on.host, on.configured)
  expect(unknownHost()).toBe('ended')
})

test('a site that is not proved yet, and the run of another one fails: the default server stays', async () => {
  on.host.write(`${DEFAULT_ASIDE}/unproved`, '0\n')
  on.host.image('broken:1', { health: 'no' })
  expect((await on.host.configure({ ...two, Image: 'broken:1' })).exitCode).toBe(1)
  expect(on.host.exists(DEFAULT_FILE)).toBe(true)
  expect(on.host.exists(STOCK)).toBe(false)
  expectServedAsBefore(on.host, on.configured)
})

test('the host went down while files changed hands, and nginx does not load what is left: the files before are back, and it starts', async () => {
  const good = on.host.file(SITE_FILE)
  on.host.write(`${STATE}/nginx.previous`, good)
  on.host.write(SITE_FILE, good.replace(/}\s*$/, ''))
  await on.host.machine.powerOff()
  await on.host.machine.boot()
  expect(on.host.state().services.nginx).toMatchObject({ active: false })
  const run = await on.host.configure()
  expect(run.results).toMatchObject({ services: 'changed', 'port-80-health': 'ok' })
  expectServedAsBefore(on.host, on.configured)
})

test('a power cut left nothing in the file of the site: the next run writes it', async () => {
  on.host.write(SITE_FILE, '')
  expect((await on.host.configure()).results).toMatchObject({ nginx: 'changed', done: 'changed' })
  expectServedAsBefore(on.host, on.configured)
})

test('a page of somebody’s own under the name of the stock one: the stock site stays', async () => {
  const host = await newHost()
  mkdirSync(path.join(host.root, 'var/www/html'), { recursive: true })
  mkdirSync(path.join(host.root, 'usr/share/nginx/html'), { recursive: true })
  host.write('usr/share/nginx/html/index.html', '<h1>Welcome to nginx!</h1>\n')
  host.write('var/www/html/index.nginx-debian.html', 'mine\n')
  const run = await host.configure()
  expect(run.lines).toContainEqual(
    expect.stringMatching(/^step=default result=unchanged reason="\S+default:\d+ answers unknown Hosts; it stays"$/),
  )
  expect(host.exists(STOCK)).toBe(true)
  host.write('var/www/html/index.nginx-debian.html', '<h1>Welcome to nginx!</h1>\n')
  expect((await host.configure()).results.default).toBe('changed')
  await host.destroy()
})

test('a system that was upgraded keeps the page of the nginx before: it is stock all the same', async () => {
  const host = await newHost()
  for (const folder of ['var/www/html', 'usr/share/nginx/html'])
    mkdirSync(path.join(host.root, folder), { recursive: true })
  host.write('usr/share/nginx/html/index.html', '<h1>Another text, of a newer nginx</h1>\n')
  const page = readFileSync('test/fixtures/nginx/debian-12-and-13-page.html', 'utf8')
  host.write('var/www/html/index.nginx-debian.html', page.replace('Welcome', 'welcome'))
  expect((await host.configure()).results.default).toBe('unchanged')
  host.write('var/www/html/index.nginx-debian.html', page)
  expect((await host.configure()).results.default).toBe('changed')
  await host.destroy()
})

test('a block behind ours that answered unknown Hosts, being read first, keeps them: each site comes behind it, also after a failure', async () => {
  const host = await newHost()
  const own = `${host.root}/etc/nginx/sites-enabled/own`
  const [one, other] = [NAME, two.Hostname].map((name) => `etc/nginx/sites-enabled/~ragstream-edge-${name}.conf`)
  const answers = (name: string) => request(host.state(), 80, name, '/')
  rmSync(path.join(host.root, STOCK))
  host.write('etc/nginx/sites-enabled/own', 'server { listen 80; server_name ~^shop[0-9]+; return 200 mine; }\n')
  host.image('broken:1', { health: 'no' })
  expect((await host.configure({ Image: 'broken:1' })).exitCode).toBe(1)
  expect([host.exists(one!), host.exists(SITE_FILE)]).toEqual([false, false])
  const run = await host.configure()
  expect(run.lines).toContain(
    `step=default result=unchanged reason="${own}:1 answers unknown Hosts, being read first; it stays"`,
  )
  expect((await host.configure(two)).results).toMatchObject({ default: 'unchanged', done: 'changed' })
  expect((await host.configure()).results.done).toBe('unchanged')
  expect([host.exists(one!), host.exists(other!), host.exists(SITE_FILE)]).toEqual([true, true, false])
  for (const name of [NAME, two.Hostname]) expect(answers(name)).toMatchObject({ status: 200 })
  expect(answers('unknown.example.com')).toEqual({ status: 200, body: 'mine' })
  expect(JSON.parse((await host.inspect()).stdout)).toMatchObject({
    nginx: { sameNameBlocks: [] },
    rendering: { file: expect.any(String) },
  })
  await host.remove()
  expect(host.exists('etc/nginx/conf.d/ragstream-edge.limits.conf')).toBe(true)
  expect(answers(NAME)).toEqual({ status: 200, body: 'mine' })
  await host.remove(two)
  expect([host.exists(one!), host.exists(other!), host.exists(DEFAULT_FILE)]).toEqual([false, false, false])
  await host.destroy()
})

test('a block that nginx reads behind all files of a folder is not pushed aside', async () => {
  const host = await newHost()
  const main = host.file('etc/nginx/nginx.conf')
  rmSync(path.join(host.root, STOCK))
  host.write('etc/nginx/nginx.conf', main.replace(/}\s*$/, 'server { listen 80; return 200 mine; }\n}\n'))
  expect((await host.configure()).last).toMatch(
    /^step=default result=failed reason="\S+nginx.conf:\d+ answers unknown Hosts, being read first, and nginx reads no file of ours behind it"/,
  )
  await host.destroy()
})

test('what a killed check left is swept, and that of one under way is not', async () => {
  const left = path.join(on.host.root, 'etc/nginx/.ragstream-edge-check.99999999')
  const alive = path.join(on.host.root, `etc/nginx/.ragstream-edge-check.${process.pid}`)
  for (const folder of [left, alive]) mkdirSync(folder)
  await on.host.configure()
  expect([existsSync(left), existsSync(alive)]).toEqual([false, true])
})
