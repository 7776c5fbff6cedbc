// The long versions of the tests, by the names that `npm run test:soak` takes.
export const SOAKS: Readonly<Record<string, string>> = {
  whole: 'test/whole.ts',
  property: 'test/property/soak.ts',
  kills: 'test/host/soak.ts',
  reader: 'test/host/reader/soak.ts',
  adopt: 'test/host/hand-made.ts',
  debian13: 'test/host/debian13.ts',
  silent: 'test/host/silent.ts',
  scan: 'test/host/scan.ts',
  attack: 'test/host/attack/soak.ts',
  idle: 'test/picture/soak.ts',
  door: 'test/picture/door-soak.ts',
  crowd: 'test/stack/door/soak.ts',
  workflow: 'test/stack/package/workflow.ts',
  outside: 'test/outside/soak.ts',
  upgrade: 'test/picture/upgrade.ts',
  readme: 'test/e2e/clone.ts',
}
