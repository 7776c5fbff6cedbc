// How long each file took in the last run on this machine, and how long such a run took in all: a JSON file in the cache folder.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { cacheFolder } from '../../local/machine/paths.ts'

export interface Times {
  /** Path from the repository to seconds. */
  readonly files: Readonly<Record<string, number>>
  /** Names of the levels to seconds of the whole run. */
  readonly runs: Readonly<Record<string, number>>
}

export const timesFile = (): string => join(cacheFolder(), 'test-times.json')

export function readTimes(): Times {
  try {
    return JSON.parse(readFileSync(timesFile(), 'utf8'))
  } catch {
    return { files: {}, runs: {} }
  }
}

/** A run whose times cannot be kept is no worse. */
export function keepTimes(times: Times): void {
  const { files, runs } = readTimes()
  try {
    mkdirSync(dirname(timesFile()), { recursive: true })
    writeFileSync(
      timesFile(),
      JSON.stringify({ files: { ...files, ...times.files }, runs: { ...runs, ...times.runs } }),
    )
  } catch {}
}
