// One run of jest over some levels; what its reporter says of each file is passed on at once.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, statfsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import type { Level, Step } from './levels.ts'

export interface Began {
  readonly kind: 'began'
  readonly level: Level
  readonly file: string
}

export interface Ended {
  readonly kind: 'ended'
  readonly level: Level
  readonly file: string
  readonly milliseconds: number
  /** Of its tests alone; the rest is loading, and what is done before and after all of them. */
  readonly testMilliseconds: number
  readonly passed: number
  readonly failed: number
  readonly failures: readonly { readonly name: string; readonly message: string }[]
  readonly message: string
  /** What its tests printed, for example the seed. */
  readonly printed: readonly string[]
}

export type FileNews = Began | Ended

const here = import.meta.dirname
/** What tests start in Node, commands and functions, is compiled once. */
const NODE_COMPILE_CACHE = join(here, '../../node_modules/.cache/node')

/** MB. Each test file loads the SDK anew. With the usual 16 MB the collector runs more often. */
const YOUNG_SPACE = 32

/** @returns its exit code */
export async function runJest(step: Step, first: readonly string[], onNews: (news: FileNews) => void) {
  const workers = Math.max(step.workers, Math.floor((step.workers * availableParallelism()) / 2))
  const jest = spawn(
    process.execPath,
    [
      ...['--experimental-vm-modules', '--no-warnings', `--max-semi-space-size=${YOUNG_SPACE}`],
      join('node_modules', 'jest', 'bin', 'jest.js'),
      ...[`--testSequencer=${join(here, 'order.mjs')}`, `--reporters=${join(here, 'reporter.mjs')}`],
      ...['--passWithNoTests=false', `--maxWorkers=${workers}`, '--selectProjects', ...step.levels],
    ],
    {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      env: { ...process.env, ...folders(step), NODE_COMPILE_CACHE, TESTS_FIRST: first.join('\n') },
    },
  )
  jest.on('message', (news) => onNews(news as FileNews))
  const [code] = await once(jest, 'exit')
  return code as number | null
}

/** The level `documents` makes hundreds of small disks, and removes them: in memory where programs may run from there and there is room. */
function folders({ levels }: Step): Record<string, string> {
  if (!levels.includes('documents') || !existsSync('/dev/shm')) return {}
  const { bavail, bsize } = statfsSync('/dev/shm')
  const mount = readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .find((line) => line.split(' ')[1] === '/dev/shm')
  return mount && !mount.includes('noexec') && bavail * bsize > 512 * 1024 * 1024 ? { TMPDIR: '/dev/shm' } : {}
}
