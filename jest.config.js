// ESM throughout: run with NODE_OPTIONS=--experimental-vm-modules (the npm scripts do).
const level = (name, extra = {}) => ({
  displayName: name,
  roots: [`<rootDir>/test/${name}`],
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': ['@swc/jest', { jsc: { parser: { syntax: 'typescript' }, target: 'es2024' }, module: { type: 'es6' } }],
  },
  ...extra,
})

export default { projects: ['unit', 'aws', 'handlers', 'stack', 'e2e'].map((name) => level(name)) }
