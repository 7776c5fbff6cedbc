// One host: programs run on it, its disk outlives it, its processes do not.
import { standInName } from '../../../local/machine/prepare/app-image.ts'
import { openRoom } from './bench.ts'

let room: Awaited<ReturnType<typeof openRoom>>
beforeAll(async () => {
  room = await openRoom()
})
afterAll(() => room?.close())

const until = async (condition: () => boolean) => {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 20))
}

const at = (last: number) => ({ privateIp: `172.31.1.${last}` })
const inApp = (script: string) => ['docker', 'run', '--rm', '--user=0', standInName('1.4.0'), 'sh', '-c', script]
/** What became of the layers of a pull. */
const layersOf = ({ stdout }: { stdout: string }) => [
  ...new Set(stdout.match(/(?<=: )(Already exists|Pull complete)$/gm)),
]

describe('a host', () => {
  test('comes up with systemd, nginx and Docker running', async () => {
    const host = await room.machine('i-boot', { privateIp: '172.31.1.1' })
    await host.boot()
    const { stdout } = await host.exec(['systemctl', 'is-active', 'nginx', 'docker'])
    expect(stdout).toBe('active\nactive\n')
    expect((await host.exec(['cat', '/proc/1/comm'])).stdout).toBe('systemd\n')
    expect((await host.exec(['hostname'])).stdout).toBe('ip-172-31-1-1\n')
    expect((await host.exec(['ip', '-br', '-4', 'addr', 'show', 'eth0'])).stdout).toContain('172.31.1.1/20')
    await host.destroy()
    expect(host.running).toBe(false)
  })

  test('runs a program with input, environment and output as it comes', async () => {
    const host = await room.machine('i-exec', { privateIp: '172.31.1.2' })
    await host.boot()
    const seen: string[] = []
    const result = await host.exec(['sh', '-c', 'read word; echo "$word $NAME"; echo bad >&2; exit 3'], {
      stdin: 'hello\n',
      env: { NAME: "o'there" },
      onOutput: (stream, text) => seen.push(`${stream}: ${text}`),
    })
    expect(result).toEqual({ exitCode: 3, timedOut: false, stdout: "hello o'there\n", stderr: 'bad\n' })
    expect(seen.sort()).toEqual(['stderr: bad\n', "stdout: hello o'there\n"])
    await host.destroy()
  })

  test('ends a program that runs out of time, with the programs that it started', async () => {
    const host = await room.machine('i-limit', { privateIp: '172.31.1.3' })
    await host.boot()
    // Before nsenter has started it.
    expect(await host.exec(['sleep', '1111'], { timeoutMs: 1 })).toMatchObject({ timedOut: true })
    const limited = (timeoutMs: number) => host.exec(['sh', '-c', 'sleep 1111 & echo begun; wait'], { timeoutMs })
    let result = await limited(5_000)
    // On a busy machine the program may not have begun by then.
    if (result.stdout === '') result = await limited(60_000)
    expect(result).toEqual({ exitCode: null, timedOut: true, stdout: 'begun\n', stderr: '' })
    // What was killed may take a while to go.
    const gone = 'timeout 60 sh -c \'while pgrep -f "sleep 111[1]"; do sleep 0.1; done\''
    expect(await host.exec(['sh', '-c', gone])).toMatchObject({ exitCode: 0 })
    await host.destroy()
  })

  test('a program ends with the power, and none can be started without', async () => {
    const host = await room.machine('i-power', { privateIp: '172.31.1.4' })
    await expect(host.exec(['true'])).rejects.toThrow('host i-power: found it powered off, wanted it running')
    await host.boot()
    const begun = new Promise<void>((resolve) => {
      ends = host.exec(['sh', '-c', 'echo begun; sleep 1111'], { onOutput: () => resolve() })
    })
    await begun
    await host.cutPower()
    expect((await ends)?.exitCode).toBeNull()
    expect(host.running).toBe(false)
    await expect(host.exec(['true'])).rejects.toThrow('powered off')
    await host.destroy()
  })
  let ends: Promise<{ exitCode: number | null }> | undefined

  test('keeps its disk over power-off, over a cut of the power, and over its own reboot', async () => {
    const host = await room.machine('i-disk', { privateIp: '172.31.1.5' })
    await host.boot()
    await host.exec(['sh', '-c', 'echo one > /root/kept; echo one > /var/lib/docker/kept; echo gone > /run/kept'])
    await host.powerOff()
    await host.boot()
    expect((await host.exec(['cat', '/root/kept', '/var/lib/docker/kept'])).stdout).toBe('one\none\n')
    expect((await host.exec(['cat', '/run/kept'])).exitCode).not.toBe(0)
    await host.exec(['sh', '-c', 'echo two > /root/kept; sync'])
    await host.cutPower()
    await host.boot()
    expect((await host.exec(['cat', '/root/kept'])).stdout).toBe('two\n')
    const before = (await host.exec(['stat', '-c', '%Y', '/proc/1'])).stdout
    await host.exec(['systemctl', 'reboot'])
    await until(() => !host.running)
    await until(() => host.running)
    await host.boot() // In turn behind the reboot: from here on it is up.
    expect((await host.exec(['cat', '/root/kept'])).stdout).toBe('two\n')
    expect((await host.exec(['stat', '-c', '%Y', '/proc/1'])).stdout).not.toBe(before)
    await host.destroy()
  })

  test('need not unpack what it pulls, and can change nothing of what all hosts see unpacked', async () => {
    const [one, other] = await Promise.all([room.machine('i-one', at(7)), room.machine('i-other', at(8))])
    await Promise.all([one.boot(), other.boot()])
    expect((await one.exec(['docker', 'image', 'ls', '-aq'])).stdout).toBe('')
    expect(layersOf(await one.exec(['docker', 'pull', standInName('1.4.0')]))).toEqual(['Already exists'])
    const folder = (await one.exec(['sh', '-c', 'ls -d /opt/layers/* | head -n 1'])).stdout.trim()
    const write = ['sh', '-c', `touch ${folder}/written || rm -r ${folder}`]
    expect((await one.exec(write)).stderr).toContain('Read-only file system')
    // What a container writes, and an image that is removed with its layers, are the one host's own.
    const spoil = 'rm -r /app /usr/lib/python3; touch /written'
    expect(await one.exec(inApp(spoil))).toMatchObject({ exitCode: 0 })
    await one.exec(['docker', 'rmi', standInName('1.4.0')])
    expect(layersOf(await one.exec(['docker', 'pull', standInName('1.4.0')]))).toContain('Pull complete')
    await other.exec(['docker', 'pull', '-q', standInName('1.4.0')])
    for (const host of [one, other])
      expect((await host.exec(inApp('ls -d /app/app.py /usr/lib/python3 /written'))).stdout).toBe(
        '/app/app.py\n/usr/lib/python3\n',
      )
    await Promise.all([one.destroy(), other.destroy()])
  })

  test('two with one private address are refused', async () => {
    await room.machine('i-first', { privateIp: '172.31.1.6' })
    const second = room.machine('i-second', { privateIp: '172.31.1.6' })
    await expect(second).rejects.toThrow('machine i-second: found 172.31.1.6 at i-first, wanted an address of its own')
    await expect(room.machine('i-far', { privateIp: '10.0.0.1' }).then((one) => one.boot())).rejects.toThrow(
      'privateIp: found 10.0.0.1, wanted an address in 172.31.0.0/20',
    )
  })
})
