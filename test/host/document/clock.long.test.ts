// The clock of the host jumps by a day in the middle of a run: it ends as a run does whose clock stands still.
import { globSync, readFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { withLock } from '../../../local/machine/lock.ts'
import type { Host } from '../../../local/machine/nspawn/machine.ts'
import { cacheFolder } from '../../../local/machine/paths.ts'
import { debianTree, treeRecipe } from '../../../local/machine/prepare/debian.ts'
import { buildPart, type Part } from '../../../local/machine/prepare/part.ts'
import { openRoom } from '../machine/bench.ts'
import { ask, CONTAINER, configure, containers, imageName, NAME, runAnd, SERVED, sh, type Values } from './bench.ts'

/** Debian's package of a library that tells a program another time than the kernel does. */
const faketime: Part = {
  title: 'libfaketime',
  name: 'faketime',
  recipe: treeRecipe('extract', ['libfaketime']),
  build: (folder) => debianTree(folder, 'extract', ['libfaketime']),
}

async function library(): Promise<string> {
  const cache = cacheFolder()
  await mkdir(cache, { recursive: true })
  const folder = await withLock(join(cache, 'prepare.lock'), () => buildPart(cache, faketime, () => {}))
  return readFileSync(globSync(`${folder}/usr/lib/*/faketime/libfaketime.so.1`)[0]!, 'base64')
}

let room: Awaited<ReturnType<typeof openRoom>>
let host: Host

const [CLOCK, LIBRARY] = ['/root/clock', '/usr/lib/libfaketime.so.1']
const FAKED = {
  LD_PRELOAD: LIBRARY,
  FAKETIME_TIMESTAMP_FILE: CLOCK,
  FAKETIME_NO_CACHE: '1',
  // As with a clock that somebody sets: what only counts on goes on counting.
  FAKETIME_DONT_FAKE_MONOTONIC: '1',
}

beforeAll(async () => {
  room = await openRoom()
  host = await room.machine('i-clock', { privateIp: '172.31.4.12' })
  await host.boot()
  await sh(host, `base64 -d >${LIBRARY}`, await library())
  expect((await configure(host)).results.done).toBe('changed')
  for (const tag of ['1.5.0', 'broken'] as const)
    expect(await host.exec(['docker', 'pull', '-q', imageName(tag)])).toMatchObject({ exitCode: 0 })
  // Another file may prepare something of minutes under the same lock.
}, 1_800_000)
afterAll(() => room?.close())

/** What a run says and how it ends, without what differs from run to run. */
const said = ({ lines, exitCode, stderr }: Awaited<ReturnType<typeof configure>>) => ({
  exitCode,
  stderr,
  // How often Docker started a broken image until the run looked: each time it says the same.
  lines: lines
    .filter((line, index) => line !== lines[index - 1])
    .map((line) => line.replace(/ (port|gap_ms|id)=\S+|(?<=stand-in:)\S+| reason="not pulled[^"]*"/g, '')),
})

/** The day at which the last run ended, by its own clock. */
const endedOn = () => sh(host, `head -c 10 /var/lib/ragstream-edge/${NAME}/last`)

/** The clock jumps when the run has said this line, and the run goes on behind it. */
async function jumped(values: Values, jump: string, line: string) {
  await sh(host, `echo +0 >${CLOCK}`)
  const day = () => sh(host, `date -u -d '${jump}ay' +%F | tr -d '\\n'`)
  const before = await day()
  // bash has a `getenv` of its own, by which the library finds nothing when it is loaded: `env` hands over what it found.
  const faked: Host = { ...host, exec: (argv, options) => host.exec(['env', ...argv], options) }
  const run = await runAnd(faked, { line, act: `echo ${jump} >${CLOCK}` }, values, FAKED)
  expect([before, await day()]).toContain(await endedOn())
  return said(run)
}

const still = async (values: Values) => said(await configure(host, values))

test.each([
  ['+1d', 'overlap'],
  ['-1d', 'replace'],
])('by %s while the image changes (%s): the same lines as without, and the new one serves', async (jump, Rollout) => {
  const wanted = await still({ Image: imageName('1.5.0'), Rollout })
  expect(wanted.lines.at(-1)).toMatch(/^step=done result=changed/)
  // Right before it waits for the app on its port.
  const found = await jumped({ Image: imageName('1.4.0'), Rollout }, jump, 'step=container result')
  expect(found).toEqual(wanted)
  expect(await containers(host)).toEqual([`${CONTAINER} runs`])
  expect(await ask(host, NAME)).toBe(SERVED)
  expect((await configure(host)).results.done).toBe('unchanged')
})

test.each([
  ['+1d', 'replace'],
  ['-1d', 'overlap'],
])(
  'by %s while an image does not come up (%s): given up for the same reason, and the old one serves',
  async (jump, Rollout) => {
    const values = { Image: imageName('broken'), Rollout }
    const wanted = await still(values)
    expect(wanted.exitCode).toBe(1)
    expect(await jumped(values, jump, Rollout === 'replace' ? 'step=container result' : 'step=image result')).toEqual(
      wanted,
    )
    expect(await containers(host)).toEqual([`${CONTAINER} runs`])
    expect(await ask(host, NAME)).toBe(SERVED)
  },
)
