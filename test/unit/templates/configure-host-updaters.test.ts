// Scripts by hand that write the record: those of this site are taken over, and nobody else's; what does not come back is kept.
import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { copyForEach, NAME } from './host.ts'

const on = copyForEach()
const TWO = 'two.example.com'
const two = { Hostname: TWO, HostPort: '8502', Adopt: 'true' }
const LIST = `var/lib/ragstream-edge/${TWO}/aside/list`
const TABLE = 'etc/cron.d/dns'
const UNIT = 'etc/systemd/system/dns.service'
const TAKEN = '# ragstream-edge took this over: '
const writes = (name: string): string =>
  `@reboot root aws route53 change-resource-record-sets --change-batch "$(dns-batch ${name})"\n`

function write(file: string, text: string): void {
  mkdirSync(path.dirname(path.join(on.host.root, file)), { recursive: true })
  on.host.write(file, text)
}
const container = (name: string) => on.host.state().containers.find((one) => one.name === name)

describe('a table of cron', () => {
  test('its line for this site goes, with a path in it or without; the lines of other names stay', async () => {
    const others = writes('shop.example.org') + writes(`x-${TWO}`) + writes(`${TWO}.example.org`)
    write(TABLE, `${writes(TWO)}${others}@reboot root /usr/bin/aws route53 x ${TWO.toUpperCase()}.\n`)
    expect((await on.host.configure(two)).results).toMatchObject({ adopt: 'changed', done: 'changed' })
    expect(on.host.file(TABLE)).toBe(
      `${TAKEN}${writes(TWO)}${others}${TAKEN}@reboot root /usr/bin/aws route53 x ${TWO.toUpperCase()}.\n`,
    )
  })

  test.each([`my-${TWO}`, `${TWO}.example.org`, TWO.replace('.', 'x')])(
    'a line for %s is of another name',
    async (name) => {
      write(TABLE, writes(name))
      const run = await on.host.configure({ ...two, Adopt: 'false' })
      expect(run.lines).toContain(
        `step=found result=ok kind=updater path=/${TABLE} reason="it changes Route 53, but does not name this site; it stays"`,
      )
      expect(run.results.done).toBe('changed')
    },
  )

  test('the name stands in one line, the call in another: refused, for a check too, and nothing is changed', async () => {
    const text = `SITE=${TWO}\n@reboot root aws route53 change-resource-record-sets "$SITE"`
    write(TABLE, text)
    const check = ['bash', path.resolve('templates/configure-host/main.sh'), '--check']
    const env = { EDGE_HOSTNAME: TWO, EDGE_IMAGE: 'ragstream:1.4.0', EDGE_HOST_PORT: '8502', EDGE_ADOPT: 'true' }
    const refused =
      /step=updater result=failed reason=".*no line of it says so by itself" hint="take these lines out by hand"/
    expect((await on.host.configure(two)).last).toMatch(refused)
    expect((await on.host.machine.exec(check, { env })).stdout).toMatch(refused)
    expect(on.host.file(TABLE)).toBe(text)
    expect(container(`ragstream-edge-${TWO}`)).toBeUndefined()
  })
})

describe('a unit', () => {
  beforeEach(() => {
    write(UNIT, `[Service]\nExecStart=/usr/bin/aws route53 change-resource-record-sets ${TWO}\n`)
    on.host.change((state) => ({
      ...state,
      services: { ...state.services, 'dns.service': { enabled: true, active: true } },
    }))
  })
  /** The command fails while the file `broken` is there. */
  function failing(words: string): void {
    write('broken', '')
    on.host.fake('systemctl', (real) => {
      const fails = `{ echo 'No space left on device' >&2; exit 1; }`
      return `case "$*" in ${words}) [ ! -e "$HOME/broken" ] || ${fails} ;; esac; exec ${real} "$@"`
    })
  }
  const mend = () => on.host.machine.exec(['sh', '-c', 'rm "$HOME/broken"'])

  test('cannot be stopped: what went live stays, the unit is as it was, and the next run takes it over', async () => {
    failing('disable*')
    const run = await on.host.configure(two)
    expect(run.last).toContain(
      'step=settle result=failed reason="the unit dns.service is not switched off: No space left on device"',
    )
    expect(run.lines).toContain('step=put-back result=ok unit=dns.service')
    expect(run.results['container-restore']).toBeUndefined()
    expect(container(`ragstream-edge-${TWO}`)).toMatchObject({ running: true })
    expect(on.host.exists(LIST)).toBe(false)
    await mend()
    expect((await on.host.configure(two)).results).toMatchObject({ container: 'unchanged', adopt: 'changed' })
    expect(on.host.file(LIST)).toBe('unit dns.service enabled active\n')
  })

  test('cannot be enabled again at a removal: it is kept, and comes back with the next one', async () => {
    await on.host.configure(two)
    failing('enable*')
    const run = await on.host.remove(two)
    expect(run.lines).toContain('step=put-back result=failed unit=dns.service reason="No space left on device"')
    expect(run.last).toMatch(/^step=put-back result=failed reason="not everything is back/)
    expect(on.host.file(LIST)).toBe('unit dns.service enabled active\n')
    await mend()
    expect((await on.host.remove(two)).last).toBe('step=done result=changed')
    expect(on.host.state().services['dns.service']).toMatchObject({ enabled: true })
  })
})

describe('somebody’s own container', () => {
  async function runs(name: string, restart: string): Promise<void> {
    await on.host.machine.exec(['docker', 'pull', 'web:1'])
    const words = ['--restart', restart, '--publish', '127.0.0.1:8502:8501', 'web:1']
    await on.host.machine.exec(['docker', 'run', '--detach', '--name', name, ...words])
  }

  test('comes back with the number of its restarts', async () => {
    await runs('mine', 'on-failure:5')
    expect((await on.host.configure(two)).results.done).toBe('changed')
    expect(container(`ragstream-edge-${TWO}_adopted`)).toMatchObject({ running: false, restart: 'no' })
    await on.host.remove(two)
    expect(container('mine')).toMatchObject({ running: true, restart: 'on-failure:5' })
  })

  test('a second one, while the first is kept: refused, and it says what to do', async () => {
    await runs('mine', 'no')
    await on.host.configure(two)
    await on.host.machine.exec(['docker', 'stop', `ragstream-edge-${TWO}`])
    await runs('mine', 'no')
    const run = await on.host.configure(two)
    expect(run.last).toBe(
      `step=host-port result=failed reason="port 8502 is held by mine, and one that was taken over before is kept as ragstream-edge-${TWO}_adopted" hint="stop mine, or docker rm ragstream-edge-${TWO}_adopted"`,
    )
    expect(container('mine')).toMatchObject({ running: true })
  })
})

test('the site that is there is not touched by any of it', async () => {
  write(TABLE, writes(TWO))
  await on.host.configure(two)
  expect((await on.host.configure()).results.done).toBe('unchanged')
  expect(on.host.state().containers.map(({ name }) => name)).toContain(`ragstream-edge-${NAME}`)
})
