// The logs of a site as its host tells them: the newest lines, where the next look goes on, and no value of a secret.
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { base64, copyForEach } from './host.ts'

const once = copyForEach()

const ENV = `var/lib/ragstream-edge/ragstream.rusbehabtahi.com/env`
const read = async (values: Parameters<typeof once.host.logs>[0], env?: Readonly<Record<string, string>>) => {
  const { exitCode, stdout, stderr } = await once.host.logs(values, env)
  const [cursor, ...lines] = stdout.trimEnd().split('\n')
  return { exitCode, stderr, cursor, lines }
}

function nginxLogs(access: string, error = ''): Readonly<Record<string, string>> {
  const folder = path.join(once.host.root, 'var/log/nginx')
  mkdirSync(folder, { recursive: true })
  writeFileSync(path.join(folder, 'access.log'), access)
  writeFileSync(path.join(folder, 'error.log'), error)
  return { EDGE_NGINX_LOGS: folder }
}

/** As Docker tells it. */
const app = (...lines: string[]) =>
  once.host.change((state) => ({
    ...state,
    images: Object.fromEntries(
      Object.entries(state.images).map(([name, image]) => [name, { ...image, log: `${lines.join('\n')}\n` }]),
    ),
  }))
const AT = '2026-11-29T12:00:0'

test('the app: what it was given beside its plain environment is blanked, before lines are cut', async () => {
  once.host.write(ENV, 'MODE=production\nTOKEN=hunter2hunter2\nLONG=hunter2hunter2-and-more\nSHORT=abc\n')
  const long = `${'x'.repeat(1995)}hunter2hunter2`
  app(`${AT}1.000000001Z production abc TOKEN=hunter2hunter2`, `${AT}2.5Z hunter2hunter2-and-more`, `${AT}3.5Z ${long}`)
  const { exitCode, lines, cursor } = await read({ Env: base64('MODE=production\n') })
  expect(exitCode).toBe(0)
  expect(lines.slice(0, 2)).toEqual([`${AT}1Z production abc TOKEN=***`, `${AT}2Z ***`])
  expect(lines.join()).not.toContain('hunter2')
  expect(cursor).toBe(`cursor=${AT}3.5Z`)
})

test('the app: the next look goes on behind the last line', async () => {
  app(`${AT}1.1Z a`, `${AT}2.2Z b`, `${AT}2.3Z c`)
  const { lines, cursor } = await read({ LogSince: `${AT}2.2Z` })
  expect({ lines, cursor }).toEqual({ lines: [`${AT}2Z c`], cursor: `cursor=${AT}2.3Z` })
})

test('nginx: by time, then on from where the files ended; a line that has no end yet waits for it', async () => {
  const now = (minutes: number) => {
    const date = new Date(Date.now() - minutes * 60_000)
    const [, day, month, year] = date.toUTCString().split(' ')
    return `[${day}/${month}/${year}:${date.toISOString().slice(11, 19)} +0000]`
  }
  const access = `1.2.3.4 - - ${now(60)} "GET /old"\n1.2.3.4 - - ${now(1)} "GET /new"\n`
  const env = nginxLogs(access)
  const first = await read({ LogSource: 'nginx', LogSince: '10m' }, env)
  expect(first.lines).toEqual([expect.stringContaining('GET /new')])
  const [, since = ''] = first.cursor!.split('=')
  nginxLogs(`${access}next\nhalf`, 'an error\n')
  const second = await read({ LogSource: 'nginx', LogSince: since }, env)
  expect(second.lines).toEqual(['next', 'an error'])
  nginxLogs(`${access}next\nhalf is whole\n`, 'an error\n')
  expect((await read({ LogSource: 'nginx', LogSince: second.cursor!.split('=')[1]! }, env)).lines).toEqual([
    'half is whole',
  ])
  nginxLogs('rotated\n')
  expect((await read({ LogSource: 'nginx', LogSince: since }, env)).lines).toEqual(['rotated'])
})

test('the service: its own log; at most so many lines, and at most what Systems Manager keeps', async () => {
  once.host.write(
    'var/log/ragstream-edge.log',
    `${Array.from({ length: 50 }, (_, index) => `line ${index} ${'y'.repeat(900)}`).join('\n')}\n`,
  )
  const { lines } = await read({ LogSource: 'service' })
  expect(lines.at(-1)).toMatch(/^line 49 /)
  expect(lines.join('\n').length).toBeLessThan(22_000)
  expect((await read({ LogSource: 'service', LogLines: '2' })).lines).toHaveLength(2)
})

test('a container that is not there: an error that says so', async () => {
  once.host.change((state) => ({ ...state, containers: [] }))
  const { exitCode, stderr } = await read({})
  expect(exitCode).not.toBe(0)
  expect(stderr).toMatch(/the log of ragstream-edge-ragstream\.rusbehabtahi\.com was not read: .*No such container/)
})
