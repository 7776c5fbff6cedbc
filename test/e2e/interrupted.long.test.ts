// The README's main job on rendered machines, cut short or started with a word that is none.
import { rmSync } from 'node:fs'
import { leftovers, npmStart, packagedCache, runFolders, type Started } from '../support/start.ts'

let started: Started
afterEach(async () => {
  started.process.kill('SIGTERM')
  await started.exited
  rmSync(started.cache, { recursive: true, force: true })
})

test.each([
  ['while it packages', /sls package/, async () => undefined],
  ['while the functions start', /event +Create/, packagedCache],
  ['while the host is configured', /step=packages/, packagedCache],
])('interrupted %s: nothing is left behind, and the exit code says so', async (_, moment, cache) => {
  started = npmStart(['--rendered', '--verbose'], await cache())
  await started.printed(moment)
  started.process.kill('SIGINT')
  expect(await started.exited).toBe(130)
  expect(await leftovers(started.cache)).toEqual([])
  expect(runFolders(started.cache)).toEqual([])
})

test('an unknown word gets the usage', async () => {
  started = npmStart(['--kep'])
  expect(await started.exited).toBe(1)
  expect(started.output()).toMatch(/Unknown option '--kep'.*--keep +stay up after the run/s)
})
