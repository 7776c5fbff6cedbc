// `npm test` runs what a person waits for. With LONG=true every test runs: also the files `*.long.test.ts`, and what other files keep for it.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

export const LONG = process.env.LONG === 'true'

/** What takes a quarter of an hour, or wants the machine to itself: by its own name of `npm run test:soak`. */
export const ALONE = process.env.ALONE === 'true'

/** A test that runs with LONG=true alone. */
export function longTest(...words: Parameters<typeof test>): void {
  if (LONG) test(...words)
}

/** Tests that do, with what is made ready for them. */
export function longDescribe(...words: Parameters<typeof describe>): void {
  if (LONG) describe(...words)
}

/** Of like cases every third, and all of them with LONG=true. */
export const someOf = <T>(all: readonly T[]): readonly T[] => (LONG ? all : all.filter((_, index) => index % 3 === 1))

/** Runs every test of these files of a level, or of all. @returns the exit code of jest */
export function runLong(level: string, files: readonly string[], env: Readonly<Record<string, string>> = {}): number {
  const jest = ['--experimental-vm-modules', '--no-warnings', join('node_modules', 'jest', 'bin', 'jest.js')]
  const words = ['--selectProjects', level, '--maxWorkers=3', '--', ...files]
  const { status } = spawnSync(process.execPath, [...jest, ...words], {
    stdio: 'inherit',
    env: { ...process.env, LONG: 'true', ALONE: 'true', ...env },
  })
  return status ?? 1
}
