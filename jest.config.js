// ES modules throughout: run through `npm test`, which sets NODE_OPTIONS=--experimental-vm-modules.
// A folder below test/ is a level; scripts/test.ts says what each one needs.
const level = (name) => ({
  displayName: name,
  roots: [`<rootDir>/test/${name}`],
  testEnvironment: 'node',
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

export default {
  projects: ['unit', 'property', 'aws', 'handlers', 'stack', 'fleet', 'host', 'e2e', 'outside', 'picture'].map(level),
  // For what hangs. How long a test takes depends on what else the machine does.
  testTimeout: 600_000,
}
