// The long version of the test of the limits: every kind of flood, and forty uploads that fill a disk as far as they may.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

const jest = ['--experimental-vm-modules', '--no-warnings', join('node_modules', 'jest', 'bin', 'jest.js')]
const { status } = spawnSync(
  process.execPath,
  [...jest, '--selectProjects', 'host', '--', 'test/host/attack/limits.test.ts'],
  {
    stdio: 'inherit',
    env: { ...process.env, ATTACK: 'long' },
  },
)
process.exitCode = status ?? 1
