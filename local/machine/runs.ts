// The registry of runs: who holds which number, and whether the holder still lives. What a dead run left is removed before its number is
// given away again.
import { linkSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { RUNS } from './paths.ts'

export interface RunRecord {
  readonly run: number
  readonly pid: number
  /** Field 22 of /proc/<pid>/stat: a pid can be given away again, the pair cannot. */
  readonly startedAt: string
  /** The run's own folder, with the disks of its hosts. */
  readonly folder: string
}

function startTime(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  } catch {
    return undefined
  }
}

export const alive = (record: RunRecord): boolean => startTime(record.pid) === record.startedAt

const file = (run: number) => join(RUNS, `${run}.json`)

/** Everything that is registered, dead or alive. */
export function registeredRuns(): RunRecord[] {
  mkdirSync(RUNS, { recursive: true })
  return readdirSync(RUNS)
    .filter((name) => /^\d+\.json$/.test(name))
    .map((name) => JSON.parse(readFileSync(join(RUNS, name), 'utf8')) as RunRecord)
}

/** Registers this process under the lowest free number. Its record exists before anything else of the run does. */
export function registerRun(folderOf: (run: number) => string): RunRecord {
  const taken = new Set(registeredRuns().map(({ run }) => run))
  for (let run = 0; run < 256; run++) {
    if (taken.has(run)) continue
    const record: RunRecord = {
      run,
      pid: process.pid,
      startedAt: startTime(process.pid) as string,
      folder: folderOf(run),
    }
    const draft = join(RUNS, `draft-${process.pid}`)
    writeFileSync(draft, JSON.stringify(record))
    linkSync(draft, file(run)) // Whole or not at all, and never over another's.
    rmSync(draft)
    return record
  }
  throw new Error('runs: found 256 live ones, wanted fewer')
}

export const forgetRun = (run: number): void => rmSync(file(run), { force: true })
