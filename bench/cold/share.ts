// Part of a core, as Lambda gives it: 1,769 MB are one, less memory is less in proportion
// (https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html). By a control group of the kernel, which only root may make.
import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export const WHOLE_CORE_MB = 1769

/** Microseconds. Short, so that a process does not run a whole import within its first one. */
const PERIOD = 20_000

export interface Share {
  /** Before a program's own words: it then gets no more than its part of a core. */
  readonly prefix: readonly string[]
  close(): void
}

/** Undefined where this machine lets nobody make one: then the time is computed from the CPU time. */
export function shareOf(memoryMb: number): Share | undefined {
  const quota = Math.round((PERIOD * memoryMb) / WHOLE_CORE_MB)
  for (const { root, write } of KINDS) {
    if (!existsSync(root)) continue
    const folder = join(root, `ragstream-edge-bench-${process.pid}-${memoryMb}`)
    try {
      mkdirSync(folder)
      write(folder, quota)
      const enter = 'echo $$ > "$0/cgroup.procs" && exec "$@"'
      return { prefix: ['sh', '-c', enter, folder], close: () => rmdirSync(folder) }
    } catch {
      if (existsSync(folder)) rmdirSync(folder)
    }
  }
  return undefined
}

const KINDS = [
  {
    root: '/sys/fs/cgroup/cpu',
    write(folder: string, quota: number) {
      writeFileSync(join(folder, 'cpu.cfs_period_us'), String(PERIOD))
      writeFileSync(join(folder, 'cpu.cfs_quota_us'), String(quota))
    },
  },
  {
    root: '/sys/fs/cgroup',
    write: (folder: string, quota: number) => writeFileSync(join(folder, 'cpu.max'), `${quota} ${PERIOD}`),
  },
]
