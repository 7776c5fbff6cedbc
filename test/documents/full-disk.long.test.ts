// The disk becomes full while a run takes something back: nothing that somebody wrote is lost, and nothing is half there.
import { expectServedAsBefore, type Host, NAME, newHost, SITE_FILE } from './host.ts'

let host: Host
let before: Host
beforeAll(async () => {
  before = await newHost()
  await before.configure()
})
afterAll(() => before.destroy())
beforeEach(async () => {
  host = await newHost()
})
afterEach(() => host.destroy())

const OWN = 'etc/nginx/conf.d/own.conf'
const STOCK = 'etc/nginx/sites-enabled/default'
const DEFAULT_FILE = 'etc/nginx/conf.d/ragstream-edge.conf'
const BLOCK = `server { listen 80; server_name ${NAME}; location / { proxy_pass http://127.0.0.1:8501; } }\n`
const LIST = `var/lib/ragstream-edge/${NAME}/aside/list`

/** As on a file system without a free block, from now or from the first reload on: `cp` makes the file, and cannot fill it. */
function fill({ from, links }: { readonly from: 'reload' | 'now'; readonly links: boolean }): void {
  if (from === 'now') host.write('full', '')
  else
    host.fake(
      'systemctl',
      (real) => `if [ "$1" = reload ] && [ ! -e "$HOME/no-more" ]; then : >"$HOME/full"; exit 1; fi; exec ${real} "$@"`,
    )
  const full = (what: string) => (real: string) =>
    `case "$*" in ${what}) if [ -e "$HOME/full" ]; then : >"\${@: -1}"; echo 'No space left on device' >&2; exit 1; fi ;; esac; exec ${real} "$@"`
  host.fake('cp', full('*.ragstream-edge-new-*'))
  if (!links) host.fake('ln', full('-f*'))
}
const makeRoom = (): Promise<unknown> => host.machine.exec(['sh', '-c', ': >"$HOME/no-more"; rm "$HOME/full"'])

test('a roll-out is taken back: the file before is whole, without a block of the disk', async () => {
  await host.configure()
  fill({ from: 'reload', links: true })
  const run = await host.configure({ ReadTimeout: '2h' })
  expect(run.last).toMatch(/^step=nginx result=failed reason="nginx was not reloaded/)
  expect(host.file(SITE_FILE)).toBe(before.file(SITE_FILE))
  await makeRoom()
  expect((await host.configure()).last).toMatch(/^step=done /)
  expectServedAsBefore(host, before)
})

test('not even by another name: what is there stays, it is said, and the next run mends it', async () => {
  await host.configure()
  fill({ from: 'reload', links: false })
  const run = await host.configure({ ReadTimeout: '2h' })
  expect(run.results['nginx-restore']).toBe('failed')
  expect(host.file(SITE_FILE)).toContain('proxy_read_timeout 2h;')
  await makeRoom()
  expect((await host.configure()).last).toMatch(/^step=done /)
  expectServedAsBefore(host, before)
})

test('somebody’s own file cannot be put back after an adoption: its copy stays, and comes back with the next run', async () => {
  host.write(OWN, BLOCK)
  fill({ from: 'reload', links: false })
  const run = await host.configure({ Adopt: 'true' })
  expect(run.lines).toContainEqual(expect.stringMatching(/^step=put-back result=failed path=\S+own.conf /))
  expect(run.exitCode).toBe(1)
  expect(host.exists(OWN)).toBe(false)
  expect(host.file(LIST)).toContain(`/${OWN}\n`)
  await makeRoom()
  host.image('broken:1', { health: 'no' })
  expect((await host.configure({ Image: 'broken:1' })).exitCode).toBe(1)
  expect(host.file(OWN)).toBe(BLOCK)
  expect(host.exists(STOCK)).toBe(true)
  expect(host.exists(LIST)).toBe(false)
})

test('a site is taken off: the stock site does not come back, so the site stays', async () => {
  await host.configure()
  fill({ from: 'now', links: false })
  const run = await host.remove()
  expect(run.last).toMatch(/^step=nginx result=failed reason=".*sites-enabled\/default was not put back: /)
  expect(host.exists(STOCK)).toBe(false)
  expect(host.file(SITE_FILE)).toBe(before.file(SITE_FILE))
  await makeRoom()
  expect((await host.remove()).last).toBe('step=done result=changed')
  expect(host.exists(STOCK)).toBe(true)
  expect(host.exists(DEFAULT_FILE)).toBe(false)
})
