// The clock of the host jumps by a day in the middle of a run: it ends as a run does whose clock stands still.
import { globSync, readFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { withLock } from '../../../local/machine/lock.ts'
import type { Host } from '../../../local/machine/nspawn/machine.ts'
import { cacheFolder } from '../../../local/machine/paths.ts'
import { imageName } from '../../../local/machine/prepare/app-image.ts'
import { debianTree, treeRecipe } from '../../../local/machine/prepare/debian.ts'
import { buildPart, type Part } from '../../../local/machine/prepare/part.ts'
import { openRoom } from '../machine/bench.ts'
import { ask, CONTAINER, configure, containers, NAME, SERVED, sh, type Values } from './bench.ts'

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

const [CLOCK, LIBRARY, LOG] = ['/root/clock', '/usr/lib/libfaketime.so.1', '/var/log/ragstream-edge.log']
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
  await sh(host, `docker pull -q ${imageName('1.5.0')}`)
}, 300_000)
afterAll(() => room?.close())

/** What a run says and how it ends, without what differs from run to run. */
const said = ({ lines, exitCode, stderr }: Awaited<ReturnType<typeof configure>>) => ({
  exitCode,
  stderr,
  lines: lines.map((line) => line.replace(/ (port|gap_ms)=\d+/, '')),
})

/** The days that the log of this run bears. */
const days = (from: string): Promise<string> =>
  sh(host, `tail -n +${from} ${LOG} | grep -oE '^[0-9-]{10}T' | sort -u | wc -l`)

/** The clock jumps when the run has said this line. */
async function jumped(values: Values, jump: string, at: RegExp) {
  await sh(host, `echo +0 >${CLOCK}`)
  const from = (await sh(host, `echo $(($(wc -l <${LOG}) + 1))`)).trim()
  let jumping: Promise<unknown> | undefined
  const onOutput = (_stream: unknown, text: string) => {
    if (at.test(text)) jumping ??= sh(host, `echo ${jump} >${CLOCK}`)
  }
  const listening: Host = { ...host, exec: (argv, options) => host.exec(argv, { ...options, onOutput }) }
  const run = await configure(listening, values, FAKED)
  await jumping
  expect(await days(from)).toBe('2\n')
  return said(run)
}

const still = async (values: Values) => said(await configure(host, values))

describe.each(['+1d', '-1d'])('by %s', (jump) => {
  const [before, after] = [{ Image: imageName('1.4.0') }, { Image: imageName('1.5.0') }]
  const broken = { Image: imageName('broken') }

  test.each([
    ['another image, overlap', after],
    ['another image, replace', { ...after, Rollout: 'replace' }],
  ])('%s: the same lines, and the new one serves', async (_name, values) => {
    const wanted = await still(values)
    await still(before)
    expect(await jumped(values, jump, /^step=image /m)).toEqual(wanted)
    expect(await containers(host)).toEqual([`${CONTAINER} runs`])
    expect(await ask(host, NAME)).toBe(SERVED)
    expect((await configure(host, values)).results.done).toBe('unchanged')
    await still(before)
  })

  test('an image that does not come up: given up for the same reason, and the old one serves', async () => {
    const wanted = await still(broken)
    expect(await jumped(broken, jump, /^step=image /m)).toEqual(wanted)
    expect(await containers(host)).toEqual([`${CONTAINER} runs`])
    expect(await ask(host, NAME)).toBe(SERVED)
  })
})
