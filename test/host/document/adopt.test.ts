// A host that serves the site by hand: found and listed; taken over with adopt only; as it was when that fails.
import type { Host } from '../../../local/machine/nspawn/machine.ts'
import { openRoom } from '../machine/bench.ts'
import {
  ask,
  CONTAINER,
  configure,
  containers,
  imageName,
  mendReload,
  NAME,
  remove,
  SERVED,
  sh,
  spoilReload,
} from './bench.ts'
import { OTHER_FILE, OWN, setUpByHand, untilHealthy } from './by-hand.ts'

let room: Awaited<ReturnType<typeof openRoom>>
let host: Host

/** Everything by hand that this document must not lose. */
const STATE = `cat ${OWN} ${OTHER_FILE} /etc/cron.d/dns; systemctl is-enabled dns.service; docker inspect --format '{{.Name}} {{.State.Running}} {{.HostConfig.RestartPolicy.Name}} {{.Id}}' streamlit; ls -l /etc/nginx/conf.d /etc/cron.d/dns /etc/nginx/sites-enabled`

/** And all that this document could leave. */
const TRACES = `docker ps -a --format '{{.Names}} {{.Ports}}'; ls -AR /etc/nginx /etc/systemd/system; ls /var/lib/ragstream-edge 2>&1
  docker network ls --format '{{.Name}}' | grep -v '^ragstream-edge-'; iptables -t raw -S; iptables -S INPUT; iptables -S OUTPUT`

beforeAll(async () => {
  room = await openRoom()
  host = await room.machine('i-adopt', { privateIp: '172.31.4.4' })
  await host.boot()
  await setUpByHand(host)
})
afterAll(() => room?.close())

let asFound = ''

test('without adopt: each of them is listed, and nothing is changed', async () => {
  const before = await sh(host, STATE)
  asFound = before + (await sh(host, TRACES))
  const run = await configure(host)
  expect(run.exitCode).toBe(1)
  expect(run.lines.filter((line) => line.startsWith('step=found '))).toEqual([
    'step=found result=ok kind=container name=streamlit reason="port 8501 is held by streamlit"',
    `step=found result=ok kind=nginx-file path=${OWN}:1 reason="server_name ${NAME} is already served by ${OWN}"`,
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
  const run = await configure(host, { Adopt: 'true' }, { EDGE_SWITCH_WAIT: '10' })
  await mendReload(host)
  expect(run.last).toMatch(/^step=nginx result=failed reason="nginx does not serve the new block/)
  expect(run.results['nginx-restore']).toBe('ok')
  expect(await sh(host, STATE)).toBe(before)
  await untilHealthy(host)
  expect(await ask(host, NAME)).toBe(SERVED)
})

test('with adopt: ours serves, files of others and scripts stay, what was taken over is kept', async () => {
  const run = await configure(host, { Adopt: 'true' })
  expect(run.stderr).toBe('')
  expect(run.results).toMatchObject({ 'port-80-health': 'ok', adopt: 'changed', done: 'changed' })
  expect(await ask(host, NAME)).toBe(SERVED)
  expect(await ask(host, 'other.example.com')).toBe('0 other 200')
  expect(await containers(host)).toEqual([`${CONTAINER} runs`, `${CONTAINER}_adopted ended`])
  expect(await sh(host, `ls ${OWN} /etc/cron.d/dns; systemctl is-enabled dns.service`)).toBe(
    '/etc/cron.d/dns\nenabled\n',
  )
  const again = await configure(host, { Adopt: 'true' })
  expect(again.results.done).toBe('unchanged')
  await host.powerOff()
  await host.boot()
  await untilHealthy(host)
  expect(await containers(host)).toEqual([`${CONTAINER} runs`, `${CONTAINER}_adopted ended`])
  expect(
    await sh(host, `ls -A /var/lib/ragstream-edge/${NAME}/aside; cat /var/lib/ragstream-edge/${NAME}/aside/list`),
  ).toMatch(new RegExp(`^1\\nlist\\ncontainer streamlit always [0-9a-f]{64}\\nfile 1 ${OWN}\\n$`))
})

test('and it goes back when the site leaves the host: files byte for byte, and the container with its name, policy and state', async () => {
  const run = await remove(host)
  expect(run.stderr).toBe('')
  expect(run.lines).toEqual(
    expect.arrayContaining([
      `step=put-back result=ok path=${OWN}`,
      'step=put-back result=ok container=streamlit',
      `step=container result=changed removed=${CONTAINER}`,
      `step=metadata result=changed reason="the network ${CONTAINER} stays; docker network rm ${CONTAINER} removes it"`,
      'step=done result=changed',
    ]),
  )
  await untilHealthy(host)
  expect((await sh(host, STATE)) + (await sh(host, TRACES))).toBe(asFound)
  expect(await ask(host, NAME)).toBe(SERVED)
  expect(await ask(host, 'other.example.com')).toBe('0 other 200')
  expect((await remove(host)).last).toBe('step=done result=unchanged')
})
