// ES modules throughout: run through `npm test`, which sets NODE_OPTIONS=--experimental-vm-modules.
// A folder below test/ is a level; scripts/test.ts says what each one needs.
import { readFileSync } from 'node:fs'

/** `npm run test:soak -- whole`: also what a person does not wait for. */
const LONG = process.env.LONG === 'true'

const level = (name) => ({
  displayName: name,
  roots: [`<rootDir>/test/${name}`],
  testEnvironment: 'node',
  testPathIgnorePatterns: LONG ? [] : ['\\.long\\.test\\.ts$'],
  // Stays with the packages, also where temporary files go elsewhere.
  cacheDirectory: '<rootDir>/node_modules/.cache/jest',
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2024' }, module: { type: 'es6' } },
    ],
  },
})

/** Files of the level host that run on the other system that hosts may have; with LONG=true on both. */
const OTHER_SYSTEM = JSON.parse(readFileSync(new URL('scripts/test/debian13.json', import.meta.url), 'utf8'))
const host = level('host')
if (!LONG) host.testPathIgnorePatterns.push(...OTHER_SYSTEM)

const debian13 = {
  ...level('host'),
  displayName: 'debian13',
  testMatch: OTHER_SYSTEM.map((file) => `<rootDir>/${file}`),
  setupFiles: ['<rootDir>/scripts/test/debian13.mjs'],
}

const LEVELS = ['unit', 'documents', 'property', 'aws', 'handlers', 'stack', 'fleet', 'e2e', 'outside', 'picture']

export default {
  projects: [...LEVELS.map(level), host, debian13],
  // For what hangs. How long a test takes depends on what else the machine does.
  testTimeout: 600_000,
  // Half a second by default: on a busy machine a worker that holds nothing takes longer to end, and would be told to leak.
  workerGracefulExitTimeout: 20_000,
}
