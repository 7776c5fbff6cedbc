// The README's main job on rendered machines, as it runs anywhere: no root, no nginx, no Docker.
import { Resolver } from 'node:dns/promises'
import { rmSync } from 'node:fs'
import { leftovers, npmStart, runFolders, type Started } from '../support/start.ts'

let started: Started
afterEach(async () => {
  started.process.kill('SIGTERM')
  await started.exited
  rmSync(started.cache, { recursive: true, force: true })
})

test('both starts, an answer of the name server for each, and nothing left behind', async () => {
  started = npmStart(['--rendered', '--keep'])
  const [, port] = await started.printed(/name server at 127\.0\.0\.1 port (\d+)/)
  const resolver = new Resolver({ timeout: 1000, tries: 2 })
  resolver.setServers([`127.0.0.1:${port}`])
  const ask = () => resolver.resolve4('ragstream.rusbehabtahi.com')

  const [, first, second] = await started.printed(/^DONE ragstream\.rusbehabtahi\.com (\S+) -> (\S+) in [\d.]+ s$/m)
  expect(first).not.toBe(second)
  expect(started.output()).toMatch(
    new RegExp(`live +ragstream.rusbehabtahi.com -> ${first} \\(name server: ${first}\\)`),
  )
  expect(await ask()).toEqual([second])

  started.type('stop')
  await started.printed(/DONE.*parked +ragstream\.rusbehabtahi\.com -> 192\.0\.2\.1/s)
  expect(await ask()).toEqual(['192.0.2.1'])
  started.type('start')
  const [, third] = await started.printed(/DONE.*parked.*live +ragstream\.rusbehabtahi\.com -> (\S+)/s)
  expect(await ask()).toEqual([third])
  started.type('resync')
  await started.printed(/keep A ragstream\.rusbehabtahi\.com.*everything has been looked at/s)
  started.type('status')
  await started.printed(
    new RegExp(
      `instance +i-\\w+ is running, public address ${third}[\\s\\S]*record +ragstream.rusbehabtahi.com A ${third}`,
    ),
  )
  started.type('nonsense')
  await started.printed(/"nonsense" is no command; there are start, stop, status, resync, help, quit/)
  started.type('quit')

  expect(await started.exited).toBe(0)
  expect(leftovers(started.cache)).toEqual([])
  expect(runFolders(started.cache)).toEqual([])
})

test.each([
  ['while it packages', /sls package/],
  ['while the functions start', /event +Create/],
  ['while the host is configured', /step=packages/],
])('interrupted %s: nothing is left behind, and the exit code says so', async (_, moment) => {
  started = npmStart(['--rendered'])
  await started.printed(moment)
  started.process.kill('SIGINT')
  expect(await started.exited).toBe(130)
  expect(leftovers(started.cache)).toEqual([])
  expect(runFolders(started.cache)).toEqual([])
})

test('an unknown word gets the usage', async () => {
  started = npmStart(['--kep'])
  expect(await started.exited).toBe(1)
  expect(started.output()).toMatch(/Unknown option '--kep'.*--keep +stay up after the run/s)
})
