// Values reach the host as data: outside their pattern they end the run, inside it nothing of them is ever executed.
import { base64, expectServedAsBefore, type Host, newHost } from './host.ts'

let configured: Host
let host: Host

beforeAll(async () => {
  configured = await newHost()
  await configured.configure()
  await configured.machine.powerOff()
})
beforeEach(async () => {
  host = await newHost(configured.root)
})
afterEach(() => host.destroy())
afterAll(() => configured.destroy())

describe('values are data', () => {
  test.each([
    ['Hostname', '../../etc/cron.d/x.y'],
    ['Hostname', 'a.b;reboot'],
    ['Image', '--privileged'],
    ['HostPort', '0'],
    ['ReadTimeout', '1h; }'],
    ['SiteHash', ''],
  ] as const)('%s %j ends at the first step, with nothing written', async (name, value) => {
    const run = await host.configureDirectly({ [name]: value })
    expect(run.last).toMatch(new RegExp(`^step=inputs result=failed reason="${name} does not match `))
    expectServedAsBefore(host, configured)
  })

  test('an environment full of shell is passed on as it is', async () => {
    const env = `A=$(touch pwned)\nB=\`touch pwned\`\nC='"; touch pwned; #\nD=\${HOME} {{ Image }} ü \\n\n`
    expect((await host.configure({ Env: base64(env) })).results.done).toBe('changed')
    expect(host.state().containers[0]?.env).toEqual(env.trimEnd().split('\n'))
    expect(host.exists('pwned')).toBe(false)
  })

  test.each([
    ['Env', 'PATH'],
    ['Env', 'A=1\0B=2'],
    ['Volumes', '/srv/data:/data --privileged'],
    ['Volumes', 'data'],
  ] as const)('a line of %s in another form is refused: %j', async (name, text) => {
    const run = await host.configure({ [name]: base64(`${text}\n`) })
    expect(run.last).toMatch(/^step=container-files result=failed reason=/)
    expectServedAsBefore(host, configured)
  })
})
