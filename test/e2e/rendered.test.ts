// The README's main job on rendered machines, as it runs anywhere: no root, no nginx, no Docker.
import { Resolver } from 'node:dns/promises'
import { rmSync } from 'node:fs'
import { EDGE, leftovers, npmStart, packagedCache, runFolders, type Started, typed } from '../support/start.ts'

let started: Started
afterEach(async () => {
  started.process.kill('SIGTERM')
  await started.exited
  rmSync(started.cache, { recursive: true, force: true })
})

test('both starts, an answer of the name server for each, and nothing left behind', async () => {
  started = npmStart(['--rendered', '--keep'], await packagedCache())
  const [, port] = await started.printed(/name server at 127\.0\.0\.1 port (\d+)/)
  const resolver = new Resolver({ timeout: 10_000, tries: 3 })
  resolver.setServers([`127.0.0.1:${port}`])
  const ask = () => resolver.resolve4('ragstream.rusbehabtahi.com')

  const [, first, second] = await started.printed(/^DONE ragstream\.rusbehabtahi\.com (\S+) -> (\S+) in [\d.]+ s$/m)
  expect(first).not.toBe(second)
  expect(started.output()).toMatch(
    new RegExp(`named +ragstream.rusbehabtahi.com -> ${first} \\(name server: ${first}\\)`),
  )
  expect(await ask()).toEqual([second])

  started.type('stop')
  await started.printed(/DONE.*parked +ragstream\.rusbehabtahi\.com -> 192\.0\.2\.1/s)
  expect(await ask()).toEqual(['192.0.2.1'])
  started.type('start')
  const [, third] = await started.printed(/DONE.*parked.*named +ragstream\.rusbehabtahi\.com -> (\S+)/s)
  expect(await ask()).toEqual([third])
  await resyncAtThePrompt(started)
  started.type('status')
  await started.printed(
    new RegExp(
      `instance +i-\\w+ is running, public address ${third}[\\s\\S]*record +ragstream.rusbehabtahi.com A ${third}`,
    ),
  )
  started.type('nonsense')
  await started.printed(
    /"nonsense" is no command; there are start, stop, status, diagnose, break, mend, resync, visit, leave, idle, help, quit/,
  )
  await breakAndMend(started)
  started.type('quit')

  expect(await started.exited).toBe(0)
  expect(await typed(started.cache, EDGE, 'diagnose', '--local')).toMatchObject({ code: 2, stdout: '' })
  expect(await leftovers(started.cache)).toEqual([])
  expect(runFolders(started.cache)).toEqual([])
}, 1_800_000)

/** While the functions of the start still ask Route 53, it may want fewer requests of a look: then a person types it again. */
async function resyncAtThePrompt({ type, printed, output }: Started): Promise<void> {
  const kept = /keep A ragstream\.rusbehabtahi\.com/
  for (let asked = 1; asked <= 4 && !kept.test(output()); asked++) {
    type('resync')
    await printed(new RegExp(`(everything has been looked at[^]*){${asked}}`))
  }
  expect(output()).toMatch(kept)
}

/** A host of a busy machine may not answer in time: then nothing is proved, and a person asks again. */
async function asked(cache: string, ...words: string[]) {
  const isLate = /nothing is proved to be broken|the host did not answer/
  for (let times = 1; ; times++) {
    const said = await typed(cache, EDGE, ...words, '--local')
    if (times === 4 || !isLate.test(`${said.stdout}${said.stderr}`)) return said
  }
}

/** At the prompt, and in another terminal. */
async function breakAndMend({ type, printed, output, cache }: Started): Promise<void> {
  const diagnose = (...words: string[]) => asked(cache, 'diagnose', ...words)
  const healthy = await diagnose()
  expect(healthy).toMatchObject({ code: 0, stderr: '' })
  expect(healthy.stdout).toMatch(/\[ ok \] record .*[\s\S]*\nlive at 2/)
  expect(await diagnose('--prod')).toMatchObject({ code: 2, stdout: '' })
  const nobody = await diagnose('nobody.example.com')
  expect(nobody).toMatchObject({ code: 2, stdout: '' })
  expect(nobody.stderr).toMatch(
    /^site: found nobody\.example\.com, wanted one of stage prod: ragstream\.rusbehabtahi\.com\n$/,
  )

  const before = output().length
  type('diagnose nobody.example.com')
  await printed(/no site nobody\.example\.com is declared; declared: ragstream\.rusbehabtahi\.com\n/)
  type('break nginx-stopped')
  await printed(/nginx-stopped needs real machines/)
  expect(output().slice(before)).not.toContain('nothing was looked at')
  type('break nonsense')
  await printed(/"nonsense" is no fault. There are:[\s\S]*record-parked +the record is parked though/)
  type('mend')
  await printed(/nothing is broken\n/)
  type('break record-parked')
  await printed(/broken +the record is parked though the instance runs/)
  type('diagnose')
  await printed(
    /\[ ## \]>record +<== BROKEN\n {2}\| {4}record-parked: [\s\S]*\nbroken at .*\nhere: mend record-parked\n/,
  )
  const broken = await diagnose('ragstream.rusbehabtahi.com')
  expect(broken).toMatchObject({ code: 1, stderr: '' })
  expect(broken.stdout).toMatch(/^ragstream\.rusbehabtahi\.com is broken at record: /)
  await dryResync(cache)
  type('mend')
  await printed(/mended +record-parked/)
  expect(await diagnose()).toMatchObject({ code: 0 })
  await downAndUp(cache)
}

async function dryResync(cache: string): Promise<void> {
  const resync = (...words: string[]) => asked(cache, 'resync', ...words)
  const dry = await resync('ragstream.rusbehabtahi.com', '--dry-run')
  expect(dry).toMatchObject({ code: 0, stderr: '' })
  expect(dry.stdout).toMatch(/replace A ragstream\.rusbehabtahi\.com: 192\.0\.2\.1 .* -> 203\.0\.113\./)
  expect((await resync('nobody.example.com')).code).toBe(2)
  // One site is declared.
  expect((await resync('--dry-run')).stdout).toBe(dry.stdout)
}

async function downAndUp(cache: string): Promise<void> {
  // Not asked again: the second time it has nothing to do.
  const power = (way: 'up' | 'down') => typed(cache, EDGE, way, 'ragstream.rusbehabtahi.com', '--local')
  const live = await asked(cache, 'up', 'ragstream.rusbehabtahi.com')
  expect(live).toMatchObject({ code: 0, stdout: expect.stringMatching(/^already live: ragstream/) })
  const down = await power('down')
  expect(down).toMatchObject({ code: 0, stderr: '' })
  expect(down.stdout).toMatch(/you +stop i-\w+\n[\s\S]*asleep +ragstream/)
  const up = await power('up')
  expect(up).toMatchObject({ code: 0, stderr: '' })
  expect(up.stdout).toMatch(/you +start i-\w+\n[\s\S]* record +A [\s\S]*live +ragstream/)
  const smoke = await asked(cache, 'smoke', 'ragstream.rusbehabtahi.com', '--yes')
  expect(smoke).toMatchObject({ code: 0, stderr: '' })
  expect(smoke.stdout).toMatch(
    /stage prod, the local cloud:\n[\s\S]*\nSMOKE ok: asleep .* after the stop, live .* after the start\n$/,
  )
}
