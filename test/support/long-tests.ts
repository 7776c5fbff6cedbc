// The tests of a file that `npm test` leaves out, together with its others.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

/** @returns the exit code of jest */
export function runLong(level: string, file: string, env: Readonly<Record<string, string>>): number {
  const jest = ['--experimental-vm-modules', '--no-warnings', join('node_modules', 'jest', 'bin', 'jest.js')]
  const words = ['--selectProjects', level, '--', file]
  const { status } = spawnSync(process.execPath, [...jest, ...words], {
    stdio: 'inherit',
    env: { ...process.env, ...env },
  })
  return status ?? 1
}
