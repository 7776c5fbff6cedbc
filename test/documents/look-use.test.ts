// What look-use says of a rendered host: sessions by what nginx counts and notes, durations by the time since the boot alone, and no look where something
// could not be seen.
import { appendFileSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { parseUseLook, type UseLook } from '../../functions/lib/idle/look.ts'
import { leave, visit } from '../../local/machine/rendered/use.ts'
import { copyForEach, NAME, SITE_FILE } from './host.ts'

const on = copyForEach({ Use: 'sessions' })
const LOG = 'var/log/nginx/ragstream-edge.use.log'
const at = (name: string): string => path.join(on.host.root, name)

/** A look, and the seconds that it took. */
async function seen(): Promise<UseLook & { readonly took: number }> {
  const began = performance.now()
  // On a busy machine nginx may not answer within the usual second.
  const { exitCode, stdout, stderr } = await on.host.lookUse({}, { EDGE_USE_WAIT: '60' })
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
  expect(stdout.trimEnd().split('\n')).toHaveLength(1)
  return { ...parseUseLook(stdout), took: (performance.now() - began) / 1000 }
}

const boot = (): string => on.host.file('proc/sys/kernel/random/boot_id').trim()
/** Lines of the log, before those of the look to come. */
const noted = (...lines: string[]): void => writeFileSync(at(LOG), lines.map((line) => `${line}\n`).join(''))

test('nobody came: quiet since the first look of this boot, and what else there is', async () => {
  const look = await seen()
  expect(look).toMatchObject({
    schema: 1,
    bootId: boot(),
    nginx: { sessions: 0 },
    gpu: null,
    people: 0,
    networkBytes: 0,
  })
  expect(look.nginx!.quiet).toBeLessThan(look.took)
  expect(Math.abs(Date.parse(look.clock) - Date.now())).toBeLessThan(60_000)
})

test('an open tab is a session; when it is closed, it was used until the look after', async () => {
  visit(on.host.root, NAME)
  expect((await seen()).nginx!.sessions).toBe(1)
  leave(on.host.root, NAME)
  const { nginx, took } = await seen()
  expect(nginx!.sessions).toBe(0)
  expect(nginx!.quiet).toBeLessThan(took)
})

describe('the log of use', () => {
  const now = async () => (await seen()).uptime
  /** Seconds of this boot. The host reads its clock for `quiet` first, and for `uptime` later in the same look. */
  const quietSince = async (at: number) => {
    const { uptime, nginx, took } = await seen()
    expect(uptime - nginx!.quiet).toBeGreaterThan(at - 0.1)
    expect(uptime - nginx!.quiet).toBeLessThan(at + took)
  }

  // Shares of the time since the boot: the machine of this test may have been started a minute ago.
  test('quiet since the first look after the last session, whatever the order of the clock', async () => {
    const up = await now()
    noted(
      `look ${NAME} ${boot()} ${up * 0.1}`,
      `use ${NAME} - -`,
      `look ${NAME} ${boot()} ${up * 0.4}`,
      `look ${NAME} ${boot()} ${up * 0.7}`,
    )
    await quietSince(up * 0.4)
  })

  test('rotated a moment ago: the file before is read first', async () => {
    const up = await now()
    noted(`look ${NAME} ${boot()} ${up * 0.1}`, `look ${NAME} ${boot()} ${up * 0.5}`)
    renameSync(at(LOG), at(`${LOG}.1`))
    const began = performance.now()
    await quietSince(up * 0.1)
    // nginx still writes to the file before.
    appendFileSync(at(`${LOG}.1`), `use ${NAME} - -\n`)
    expect((await seen()).nginx!.quiet).toBeLessThan((performance.now() - began) / 1000)
  })

  test('looks of another boot, other sites and lines that are no look prove nothing', async () => {
    const up = await now()
    noted(
      `look ${NAME} 11111111-1111-4111-8111-111111111111 ${up * 0.1}`,
      `look other.example.com ${boot()} ${up * 0.1}`,
      `look ${NAME}`,
      '',
    )
    const { nginx, took } = await seen()
    expect(nginx!.quiet).toBeLessThan(took)
  })

  test('that does not get this look’s own line is none: no look', async () => {
    rmSync(at('var/log/nginx'), { recursive: true })
    on.host.fake('curl', () => "echo 'Active connections: 1 Writing: 1'")
    const { exitCode, stdout, stderr } = await on.host.lookUse({}, { EDGE_USE_WAIT: '5' })
    expect(exitCode).not.toBe(0)
    expect(stdout).toBe('')
    expect(stderr).toMatch(/the log of use does not hold the line of this look for ragstream\.rusbehabtahi\.com/)
  })
})

test('nginx does not answer: null, and never "no session"', async () => {
  on.host.fake('curl', () => 'exit 7')
  expect((await seen()).nginx).toBeNull()
})

test('a count that a killed worker left: no more sessions than connections', async () => {
  on.host.change((state) => ({ ...state, visitors: { [NAME]: 5 } }))
  expect((await seen()).nginx!.sessions).toBe(0)
})

const processOf = (pid: number, name: string, command: string, startTicks: number): void => {
  mkdirSync(at(`proc/${pid}`), { recursive: true })
  on.host.write(`proc/${pid}/cmdline`, command.replaceAll(' ', '\0'))
  on.host.write(`proc/${pid}/stat`, `${pid} (${name}) S ${'0 '.repeat(18)}${startTicks} 0`)
}

test('nginx began anew a moment ago: what it cut has no line, so it counts as use', async () => {
  const { uptime } = await seen()
  const since = performance.now()
  noted(`look ${NAME} ${boot()} ${uptime - 5000}`)
  processOf(10, 'nginx', 'nginx: master process', 100)
  processOf(11, 'nginx', 'nginx: worker process', Math.round((uptime - 60) * 100))
  const { nginx } = await seen()
  expect(nginx!.quiet).toBeGreaterThanOrEqual(59)
  expect(nginx!.quiet).toBeLessThan(61 + (performance.now() - since) / 1000)
})

test.each([
  ['SSH', 'sshd', 'sshd: admin@pts/0'],
  ['SSH of Debian 13', 'sshd-session', 'sshd-session: admin@notty'],
  ['the serial console', 'login', '/bin/login -p --'],
  ['a session of Systems Manager', 'ssm-session-wor', '/usr/bin/ssm-session-worker jane-0123'],
])('people: %s', async (_, name, command) => {
  processOf(20, 'sshd', 'sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups', 1)
  processOf(21, name, command, 1)
  expect((await seen()).people).toBe(1)
})

test('the processor, the containers’ networks and a GPU', async () => {
  on.host.write('sys/fs/cgroup/cpu.stat', 'usage_usec 12500000\nuser_usec 1\n')
  for (const [bridge, bytes] of [
    ['rsedge0', 1000],
    ['rsedge1', 500],
    ['docker0', 9999],
  ] as const) {
    mkdirSync(at(`sys/class/net/${bridge}/statistics`), { recursive: true })
    for (const way of ['rx', 'tx']) on.host.write(`sys/class/net/${bridge}/statistics/${way}_bytes`, `${bytes}\n`)
  }
  writeFileSync(at('.machine/bin/nvidia-smi'), '#!/usr/bin/env bash\nprintf "3\\n71\\n"\n', { mode: 0o755 })
  expect(await seen()).toMatchObject({ cpuSeconds: 12.5, networkBytes: 3000, gpu: 71 })
})

test('the processor where the host has version 1 of control groups, and where it has none', async () => {
  rmSync(at('sys/fs/cgroup/cpu.stat'))
  on.host.write('proc/stat', 'cpu  100 0 200 9999 9999 0 0 0 0 0\n')
  expect((await seen()).cpuSeconds).toBe(3)
  mkdirSync(at('sys/fs/cgroup/cpuacct'), { recursive: true })
  on.host.write('sys/fs/cgroup/cpuacct/cpuacct.usage', '7250000000\n')
  expect((await seen()).cpuSeconds).toBe(7.25)
})

test('a GPU that does not answer: no look', async () => {
  writeFileSync(at('.machine/bin/nvidia-smi'), '#!/usr/bin/env bash\nexit 9\n', { mode: 0o755 })
  const { exitCode, stderr } = await on.host.lookUse({}, { EDGE_USE_WAIT: '60' })
  expect(exitCode).not.toBe(0)
  expect(stderr).toMatch(/nvidia-smi/)
})

describe('what configure-host writes', () => {
  test('at the level of http, beside the host’s own log; off by default', async () => {
    expect(on.host.file(SITE_FILE)).toMatch(
      /^access_log \S+\/ragstream-edge\.use\.log edge_[0-9a-f]{12}_use if=\$edge_[0-9a-f]{12}_use;$/m,
    )
    expect(on.host.file(SITE_FILE)).toMatch(/stub_status;/)
    const { results } = await on.host.configure()
    expect(results.done).toBe('changed')
    expect(on.host.file(SITE_FILE)).not.toMatch(/access_log|stub_status/)
  })

  test.each(['access_log /var/log/nginx/access.log;\n', ''])(
    'in nginx.conf stands %p: the host’s log goes on',
    async (own) => {
      const main = on.host.file('etc/nginx/nginx.conf')
      on.host.write('etc/nginx/nginx.conf', main.replace('http {\n', `http {\n    ${own}`))
      await on.host.configure()
      await on.host.configure({ Use: 'sessions' })
      const logs = on.host.file(SITE_FILE).match(/^access_log .*access\.log;$/gm) ?? []
      expect(logs).toHaveLength(own === '' ? 1 : 0)
    },
  )
})
