// Values reach the host as data: outside their pattern they end the run, inside it nothing of them is ever executed.
import { base64, configuredOnce, expectServedAsBefore } from './host.ts'

const configured = configuredOnce()

describe('values are data', () => {
  test.concurrent.each([
    ['Hostname', '../../etc/cron.d/x.y'],
    ['Hostname', 'a.b;reboot'],
    ['Image', '--privileged'],
    ['HostPort', '0'],
    ['ReadTimeout', '1h; }'],
    ['SiteHash', ''],
  ] as const)('%s %j ends at the first step, with nothing written', (name, value) =>
    configured.onCopy(async (host) => {
      const run = await host.configureDirectly({ [name]: value })
      expect(run.last).toMatch(new RegExp(`^step=inputs result=failed reason="${name} does not match `))
      expectServedAsBefore(host, configured.host)
    }),
  )

  test.concurrent('an environment full of shell is passed on as it is', () =>
    configured.onCopy(async (host) => {
      const env = `A=$(touch pwned)\nB=\`touch pwned\`\nC='"; touch pwned; #\nD=\${HOME} {{ Image }} ü \\n\n`
      expect((await host.configure({ Env: base64(env) })).results.done).toBe('changed')
      expect(host.state().containers[0]?.env).toEqual(env.trimEnd().split('\n'))
      expect(host.exists('pwned')).toBe(false)
    }))

  test.concurrent.each([
    ['Env', 'PATH'],
    ['Env', 'A=1\0B=2'],
    ['Volumes', '/srv/data:/data --privileged'],
    ['Volumes', 'data'],
  ] as const)('a line of %s in another form is refused: %j', (name, text) =>
    configured.onCopy(async (host) => {
      const run = await host.configure({ [name]: base64(`${text}\n`) })
      expect(run.last).toMatch(/^step=container-files result=failed reason=/)
      expectServedAsBefore(host, configured.host)
    }),
  )
})
