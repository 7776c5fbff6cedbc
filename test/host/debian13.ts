// npm run test:soak -- debian13: the whole host level on Debian 13.
import { spawnSync } from 'node:child_process'

const words = [
  '--experimental-vm-modules',
  '--no-warnings',
  'node_modules/jest/bin/jest.js',
  '--selectProjects',
  'host',
  '--maxWorkers=3',
]
const { status } = spawnSync(process.execPath, words, {
  stdio: 'inherit',
  env: { ...process.env, HOST_SUITE: 'trixie' },
})
process.exitCode = status ?? 1
