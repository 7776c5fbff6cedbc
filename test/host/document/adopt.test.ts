// A host that serves the site by hand: found and listed; taken over with adopt only; as it was when that fails.
import type { Host } from '../../../local/machine/nspawn/machine.ts'
import { imageName } from '../../../local/machine/prepare/app-image.ts'
import { openRoom } from '../machine/bench.ts'
import { ask, CONTAINER, configure, containers, mendReload, NAME, remove, SERVED, sh, spoilReload } from './bench.ts'
import { CRON, OTHER, OWN, setUpByHand, UPDATER, untilHealthy } from './by-hand.ts'

let room: Awaited<ReturnType<typeof openRoom>>
let host: Host

/**
 * No timer is needed to start what starts itself again and again, nor an `enable` for what somebody started. It lies elsewhere,
 * and systemd's link to it goes when it is disabled.
 */
const LOOP = '[Service]\nExecStart=/usr/local/bin/update-dns.sh\nRestart=always\nRestartSec=5\n'
const TIMED = '[Service]\nType=oneshot\nExecStart=/usr/local/bin/update-dns.sh\n'
const TIMER = '[Timer]\nOnActiveSec=1h\n[Install]\nWantedBy=timers.target\n'
/** Another name has its line in the same table. */
const MINE = `# mine\n5 4 * * * aws route53 change-resource-record-sets shop.${NAME}\n@reboot /usr/local/bin/update-dns.sh\n`
const TABLE = '/var/spool/cron/crontabs/nobody'
const UNITS = 'dns.service loop.service timed.service timed.timer'

/** Everything by hand that this document must not lose. */
const STATE = `cat ${OWN} /etc/cron.d/dns ${TABLE} /etc/cron.daily/dns; systemctl is-enabled ${UNITS}; systemctl is-active ${UNITS}; docker inspect --format '{{.Name}} {{.State.Running}} {{.HostConfig.RestartPolicy.Name}} {{.Id}}' streamlit; ls -l ${OWN} /etc/cron.d/dns ${TABLE} /etc/cron.daily/dns /etc/systemd/system/loop.service /etc/nginx/sites-enabled`

beforeAll(async () => {
  room = await openRoom()
  host = await room.machine('i-adopt', { privateIp: '172.31.4.4' })
  await host.boot()
  await setUpByHand(host)
  await sh(host, 'mkdir -p /etc/cron.daily; cat >/etc/cron.daily/dns; chmod 755 /etc/cron.daily/dns', UPDATER)
  await sh(host, `mkdir -p $(dirname ${TABLE}); cat >${TABLE}; chmod 600 ${TABLE}; chown nobody ${TABLE}`, MINE)
  await sh(host, 'cat >/opt/loop.service; systemctl link /opt/loop.service', LOOP)
  await sh(host, 'cat >/etc/systemd/system/timed.service', TIMED)
  await sh(host, 'cat >/etc/systemd/system/timed.timer', TIMER)
  await sh(host, 'systemctl enable --now timed.timer; systemctl start loop.service')
})
afterAll(() => room?.close())

let asFound = ''

test('without adopt: each of them is listed, and nothing is changed', async () => {
  const before = await sh(host, STATE)
  asFound = before
  const run = await configure(host)
  expect(run.exitCode).toBe(1)
  expect(run.lines.filter((line) => line.startsWith('step=found '))).toEqual([
    'step=found result=ok kind=container name=streamlit reason="port 8501 is held by streamlit"',
    `step=found result=ok kind=nginx-block path=${OWN}:1 reason="server_name ${NAME} is already served by ${OWN}"`,
    `step=found result=ok kind=updater path=/etc/systemd/system/dns.service reason="/etc/systemd/system/dns.service writes the record of ${NAME}"`,
    ...[
      '/etc/systemd/system/loop.service',
      '/etc/systemd/system/timed.service',
      '/etc/cron.d/dns',
      '/etc/cron.daily/dns',
      TABLE,
    ].map((file) => `step=found result=ok kind=updater path=${file} reason="${file} writes the record of ${NAME}"`),
  ])
  expect(run.last).toMatch(/^step=host-port result=failed reason="port 8501 is held by streamlit" hint=".*adopt: true/)
  expect(await sh(host, STATE)).toBe(before)
  expect(await ask(host, NAME)).toBe(SERVED)
})

test('with adopt and an image that does not start: all is as it was, and serves', async () => {
  const before = await sh(host, STATE)
  const run = await configure(host, { Adopt: 'true', Image: imageName('broken') })
  expect(run.last).toMatch(/^step=health result=failed/)
  expect(run.lines).toContain('step=put-back result=ok container=streamlit')
  expect(await sh(host, STATE)).toBe(before)
  expect(await sh(host, `ls -A /var/lib/ragstream-edge/${NAME} | grep aside`)).toBe('')
  await untilHealthy(host)
  expect(await ask(host, NAME)).toBe(SERVED)
})

test('with adopt, and the new file is not what nginx serves: all is as it was', async () => {
  const before = await sh(host, STATE)
  await spoilReload(host, 0)
  const run = await configure(host, { Adopt: 'true' }, { EDGE_SWITCH_WAIT: '3' })
  await mendReload(host)
  expect(run.last).toMatch(/^step=nginx result=failed reason="nginx does not serve the new block/)
  expect(run.results['nginx-restore']).toBe('ok')
  expect(await sh(host, STATE)).toBe(before)
  await untilHealthy(host)
  expect(await ask(host, NAME)).toBe(SERVED)
})

test('with adopt: ours serves, the rest of the same files stays, what was taken over is kept', async () => {
  const run = await configure(host, { Adopt: 'true' })
  expect(run.stderr).toBe('')
  expect(run.results).toMatchObject({ 'port-80-health': 'ok', adopt: 'changed', done: 'changed' })
  expect(await ask(host, NAME)).toBe(SERVED)
  expect(await ask(host, 'other.example.com')).toBe('0 other 200')
  expect(await containers(host)).toEqual([`${CONTAINER} runs`, `${CONTAINER}_adopted ended`])
  expect(await sh(host, `cat ${OWN}`)).toBe(OTHER)
  expect(await sh(host, 'cat /etc/cron.d/dns')).toBe(
    CRON.replace('@reboot', '# ragstream-edge took this over: @reboot'),
  )
  expect(await sh(host, `cat ${TABLE}; ls /etc/cron.daily/dns`)).toBe(
    MINE.replace('@reboot', '# ragstream-edge took this over: @reboot'),
  )
  expect(
    await sh(host, `for unit in ${UNITS}; do systemctl is-enabled $unit; done; systemctl is-active ${UNITS}`),
  ).toBe(`disabled\nstatic\ndisabled\n${'inactive\n'.repeat(4)}`)
  const again = await configure(host, { Adopt: 'true' })
  expect(again.results.done).toBe('unchanged')
  await host.powerOff()
  await host.boot()
  await untilHealthy(host)
  expect(await containers(host)).toEqual([`${CONTAINER} runs`, `${CONTAINER}_adopted ended`])
  expect(await sh(host, `ls -A /var/lib/ragstream-edge/${NAME}/aside`)).toBe('1\n2\n3\n4\n5\nlist\n')
})

test('and it goes back when the site leaves the host: files, container, and each unit as far as it was on', async () => {
  const run = await remove(host)
  expect(run.lines.at(-1)).toBe('step=done result=changed')
  expect(await sh(host, STATE)).toBe(asFound)
})
