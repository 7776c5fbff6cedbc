// Nothing of a run stays behind: not when it closes, not when it is killed, and no run is taken from its owner.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { clean, controlGroupRoots } from '../../../local/machine/clean.ts'
import { attempt, run } from '../../../local/machine/command.ts'
import { death, processesWith } from '../../support/processes.ts'
import { EDGE, typed } from '../../support/start.ts'
import { openRoom } from './bench.ts'

const ROOM = join(import.meta.dirname, '../../../local/machine/nspawn/room.ts')
const COMMAND = join(import.meta.dirname, '../../../local/machine/command.ts')

/** Another process with a room and a booted host, which then waits for its end. */
async function otherProcess(until: string) {
  const script = `
    const { nspawnRoom } = await import(${JSON.stringify(ROOM)})
    const room = await nspawnRoom({ yes: true })
    console.log('PREFIX ' + room.folder)
    const host = await room.machine('i-other', { privateIp: '172.31.4.1' })
    const booting = host.boot()
    if (${JSON.stringify(until)} === 'booted') await booting
    console.log('REACHED')
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  for await (const piece of child.stdout) {
    text += piece
    if (text.includes('REACHED')) break
  }
  const folder = /PREFIX (.*)/.exec(text)?.[1] as string
  return { child, folder, prefix: folder.split('/').at(-1) as string }
}

/** Everything on this machine that bears the run's name. */
async function remains(prefix: string, folder: string): Promise<string[]> {
  const run = prefix.slice('rse-'.length)
  const named = (text: string | undefined) =>
    (text ?? '').split('\n').filter((line) => new RegExp(`\\b${prefix}\\b`).test(line))
  const environments = readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid))
    .flatMap((pid) => {
      try {
        const marked = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(`RAGSTREAM_EDGE_RUN=${run}`)
        return marked ? [`process ${pid} ${readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')}`] : []
      } catch {
        return []
      }
    })
  return [
    ...environments,
    ...named(await attempt(['ip', 'netns', 'list'])),
    ...named(await attempt(['ip', '-o', 'link'])),
    ...named(readFileSync('/proc/self/mountinfo', 'utf8')),
    ...controlGroupRoots()
      .map((root) => join(root, prefix))
      .filter((path) => existsSync(path)),
    ...[folder, `/run/ragstream-edge/${run}.json`, `/etc/netns/${prefix}-client`].filter((path) => existsSync(path)),
  ]
}

test('a room that closes takes everything with it', async () => {
  const room = await openRoom()
  const host = await room.machine('i-close', { privateIp: '172.31.4.2' })
  await host.boot()
  const prefix = room.folder.split('/').at(-1) as string
  expect((await remains(prefix, room.folder)).length).toBeGreaterThan(5)
  await room.close()
  expect(await remains(prefix, room.folder)).toEqual([])
})

test('what a killed process had started to run ends with it', async () => {
  const mark = { CLEAN_TEST: String(process.pid) }
  const script = `
    const { run } = await import(${JSON.stringify(COMMAND)})
    await run(['sleep', '1111'], { env: ${JSON.stringify(mark)} })`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'inherit' })
  const nameOf = (pid: number) => readFileSync(`/proc/${pid}/comm`, 'utf8').trim()
  const sleeping = () => processesWith(`CLEAN_TEST=${process.pid}`).find((pid) => nameOf(pid) === 'sleep')
  while (sleeping() === undefined) await pause(20)
  const pid = sleeping()!
  child.kill('SIGKILL')
  await death(pid)
})

test.each(['booting', 'booted'])(
  'a run killed while its host is %s is cleaned; one that lives is left alone',
  async (until) => {
    const room = await openRoom()
    let removed = false
    // A room that somebody else on this machine opens meanwhile may be the one that cleans: then another run is killed.
    for (let tries = 0; !removed && tries < 10; tries++) {
      const killed = await otherProcess(until)
      expect(killed.folder).not.toBe(room.folder)
      expect((await clean()).alive).toContainEqual(expect.stringContaining(`${killed.prefix} `))
      killed.child.kill('SIGKILL')
      await once(killed.child, 'exit')
      const { code, stdout, stderr } = await typed({ env: {} }, EDGE, 'local:clean')
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
      removed = new RegExp(`^removed: .*\\b${killed.prefix}\\b`).test(stdout)
      expect(await remains(killed.prefix, killed.folder)).toEqual([])
    }
    expect(removed).toBe(true)
    expect(await run([...room.client, 'ip', '-br', 'link', 'show', 'eth0'])).toContain('UP')
    await room.close()
  },
)
