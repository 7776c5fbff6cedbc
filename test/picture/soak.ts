// The long version of the test of idle: an answer of ten minutes, a computing script, and what befalls nginx below an open tab.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

const jest = ['--experimental-vm-modules', '--no-warnings', join('node_modules', 'jest', 'bin', 'jest.js')]
const words = ['--selectProjects', 'picture', '--', 'test/picture/idle.test.ts']
const { status } = spawnSync(process.execPath, [...jest, ...words], {
  stdio: 'inherit',
  env: { ...process.env, IDLE: 'long' },
})
process.exitCode = status ?? 1
