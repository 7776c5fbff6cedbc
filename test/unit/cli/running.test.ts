// Local clouds that run are found by their files; the file of one that was killed is told and goes.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findRunning } from '../../../cli/running.ts'

let cache: string
const before = process.env.XDG_CACHE_HOME
beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'ragstream-edge-running-'))
  process.env.XDG_CACHE_HOME = cache
})
afterEach(() => {
  rmSync(cache, { recursive: true, force: true })
  if (before === undefined) delete process.env.XDG_CACHE_HOME
  else process.env.XDG_CACHE_HOME = before
})

const folder = () => join(cache, 'ragstream-edge', 'running')

function file(pid: number, since: string): void {
  mkdirSync(folder(), { recursive: true })
  const cloud = { endpoint: 'http://127.0.0.1:1', region: 'eu-central-1', stage: 'prod', pid, since }
  writeFileSync(join(folder(), `${pid}.json`), JSON.stringify(cloud))
}

/** Of a process that has ended. */
const gone = () => spawnSync(process.execPath, ['-e', '']).pid

test('nothing has ever run', () => expect(findRunning()).toEqual({ running: [], stale: [] }))

test('the last started comes first; a dead one is told once', () => {
  const dead = gone()
  file(process.pid, '2026-11-23T08:00:00.000Z')
  file(process.ppid, '2026-11-23T09:00:00.000Z')
  file(dead, '2026-11-23T10:00:00.000Z')
  expect(findRunning()).toMatchObject({ running: [{ pid: process.ppid }, { pid: process.pid }], stale: [dead] })
  expect(findRunning().stale).toEqual([])
  expect(existsSync(join(folder(), `${dead}.json`))).toBe(false)
})

test('announced by a process to its owner alone, gone with it', () => {
  const script = `
    import { statSync } from 'node:fs'
    import { announce, findRunning } from './cli/running.ts'
    announce({ endpoint: 'http://127.0.0.1:1', secretAccessKey: 'its secret', region: 'eu-central-1', stage: 'test' })
    console.log(JSON.stringify({ ...findRunning(), mode: statSync(${JSON.stringify(folder())} + '/' + process.pid + '.json').mode & 0o777 }))
  `
  const { stdout, pid } = spawnSync(process.execPath, ['--input-type=module-typescript', '-e', script], {
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '' },
  })
  expect(JSON.parse(stdout)).toMatchObject({
    ...{ running: [{ pid, stage: 'test', secretAccessKey: 'its secret' }], stale: [], mode: 0o600 },
  })
  expect(readdirSync(folder())).toEqual([])
})
