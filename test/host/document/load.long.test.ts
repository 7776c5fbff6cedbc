// A site under load while its host changes: what visitors get, how long a replace takes it away, and that an open page comes back.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { run } from '../../../local/machine/command.ts'
import { type Visitor, visitor } from '../../../local/machine/nspawn/browser.ts'
import type { Host } from '../../../local/machine/nspawn/machine.ts'
import { HTTP_FOR_ALL, nameServer, openRoom } from '../machine/bench.ts'
import {
  ask,
  configure,
  imageName,
  NAME,
  otherThan,
  PATIENT_DRAIN,
  type Run,
  SERVED,
  sh,
  tagOn,
  useStreamlit,
} from './bench.ts'
import { dropIdleApp, IDLE_MS, IDLE_NAME, repeated, serveIdleApp } from './idle-app.ts'
import type { Visit } from './visits.ts'

const [PUBLIC, PRIVATE] = ['203.0.113.41', '172.31.4.6']
const GETS = 5_000
const RELOADS = 20

useStreamlit()

let room: Awaited<ReturnType<typeof openRoom>>
let host: Host
let names: Awaited<ReturnType<typeof nameServer>>
let browser: Visitor

const VISITORS = 4
/** For a page of a busy machine, in milliseconds. */
const PATIENCE = 120_000

/** Visitors at once, through the edge, while `work` is done; they make at least so many requests. */
async function crowd(least: number, work: () => Promise<void>): Promise<Visit[]> {
  const program = [process.execPath, join(import.meta.dirname, 'visits.ts'), `http://${PUBLIC}/_stcore/health`]
  const [command = '', ...rest] = [...room.client, ...program, NAME, String(VISITORS), String(least)]
  const child: ChildProcess = spawn(command, rest, { stdio: ['ignore', 'pipe', 'inherit'] })
  let printed = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    printed += text
  })
  await once(child.stdout!, 'data')
  try {
    await work()
  } finally {
    child.kill('SIGTERM')
    await once(child, 'close')
  }
  return JSON.parse(printed.slice(printed.indexOf('['))) as Visit[]
}

const failed = (visits: readonly Visit[]) => visits.filter(({ got }) => got !== '200')
const gapIn = ({ lines }: Run): number => Number(/ gap_ms=(\d+)/.exec(lines.join('\n'))?.[1])
const otherImage = async () => imageName(otherThan(await tagOn(host)))

beforeAll(async () => {
  room = await openRoom()
  names = await nameServer(room.cloudAddress, NAME, 60)
  names.set(PUBLIC)
  host = await room.machine('i-load', { privateIp: PRIVATE })
  await host.boot()
  await room.associate(PUBLIC, PRIVATE)
  await room.setInbound(PRIVATE, HTTP_FOR_ALL)
  const [first] = await Promise.all([configure(host), visitor(room).then((one) => (browser = one))])
  expect(first.results.done).toBe('changed')
  await sh(host, `docker pull -q ${imageName('1.5.0')}`)
})
afterAll(async () => {
  await browser?.close()
  names?.close()
  await room?.close()
})
afterEach(async () => expect(await ask(host, NAME)).toBe(SERVED))

test(`${GETS} GETs and ${RELOADS} reloads, six of them by three image changes in an overlap: none fails`, async () => {
  const before = await reloads()
  const visits = await crowd(GETS, async () => {
    for (let change = 0; change < 3; change++) {
      const change = await configure(host, { Image: await otherImage() }, PATIENT_DRAIN)
      expect(change.lines).toContainEqual(expect.stringMatching(/^step=container result=changed .* rollout=overlap$/))
    }
    const Image = imageName('1.5.0')
    for (let hours = 2; (await reloads()) - before < RELOADS; hours++)
      expect((await configure(host, { Image, ReadTimeout: `${hours}h` })).results.nginx).toBe('changed')
  })
  console.log(`overlap: ${visits.length} GETs, ${failed(visits).length} failed, ${(await reloads()) - before} reloads`)
  expect(visits.length).toBeGreaterThanOrEqual(GETS)
  expect(failed(visits)).toEqual([])
}, 1_800_000)

/** How often nginx was told to read its configuration. */
const reloads = async () => Number(await sh(host, 'grep -c "systemctl reload nginx" /var/log/ragstream-edge.log'))

test('replace: nobody is told that nobody is there, and the run says how long the gap was', async () => {
  let change: Run | undefined
  const visits = await crowd(0, async () => {
    change = await configure(host, { Image: await otherImage(), Rollout: 'replace' }, PATIENT_DRAIN)
  })
  const longest = Math.max(...visits.map(({ from, to }) => to - from))
  console.log(
    `replace: ${visits.length} GETs, ${failed(visits).length} failed, the longest took ${longest} ms; gap_ms=${gapIn(change!)}`,
  )
  expect(failed(visits)).toEqual([])
  expect(change!.lines).toContainEqual(expect.stringMatching(/^step=container result=changed .* rollout=replace /))
  // From before the old one was stopped until the new one said ok.
  expect(gapIn(change!)).toBeGreaterThan(0)
})

describe('an app that closes idle connections, and uploads that go out at that moment', () => {
  const MOST = 20_000
  const uploads = async (most: number, failures: number): Promise<Record<string, number>> => {
    const program = [process.execPath, join(import.meta.dirname, 'uploads.ts'), `http://${PUBLIC}/`, IDLE_NAME]
    return JSON.parse(await run([...room.client, ...program, ...[IDLE_MS, most, failures].map(String)]))
  }
  const all = (got: Record<string, number>) => Object.values(got).reduce((sum, one) => sum + one, 0)
  afterAll(() => dropIdleApp(host))

  test('none fails, of as many as lose fifty where connections are kept for uploads too; and none comes twice', async () => {
    await serveIdleApp(host, 's/default edge_idle;/default edge_idle_kept;/')
    const kept = await uploads(MOST, 50)
    expect(kept['502']).toBeGreaterThanOrEqual(50)
    await serveIdleApp(host)
    const ours = await uploads(all(kept), MOST)
    console.log(`uploads: kept ${JSON.stringify(kept)}, ours ${JSON.stringify(ours)}`)
    expect(ours).toEqual({ 200: all(ours) })
    expect(await repeated(host)).toBe('0 0 200')
  }, 1_800_000)
})

/** In the page: opens and ends of its WebSockets, as its own clock saw them. An attempt that fails is neither. */
function noteSockets(): void {
  const Real = WebSocket
  const seen: [string, number][] = []
  Object.assign(globalThis, { seen })
  const Noted = class extends Real {
    constructor(url: string | URL, protocols?: string | string[]) {
      super(url, protocols)
      this.addEventListener('open', () => {
        seen.push(['open', Date.now()])
        this.addEventListener('close', () => seen.push(['close', Date.now()]))
      })
    }
  }
  globalThis.WebSocket = Noted as unknown as typeof WebSocket
}

/** Milliseconds from each end to the next open. */
async function absences(page: Page): Promise<number[]> {
  const seen = (await page.evaluate('seen')) as [string, number][]
  return seen.flatMap(([what, at], index) => (what === 'open' && index > 0 ? [at - seen[index - 1]![1]] : []))
}

/** A question that goes into a WebSocket that is cut is lost. Then it is asked again by the next WebSocket of the page. */
async function askApp(page: Page, question: string): Promise<void> {
  const [field, answer] = [page.getByLabel('Question'), page.getByText(`You asked: ${question}`)]
  do {
    // The page sends only what was changed.
    await field.fill('')
    await field.fill(question)
    await Promise.all([Promise.race([answer.waitFor(), page.waitForEvent('websocket')]), field.press('Enter')])
  } while (!(await answer.isVisible()))
}

test.each(['overlap', 'replace'])('%s: the WebSocket of an open page is back by itself', async (Rollout) => {
  const Image = await otherImage()
  const visit = await browser.visit(`http://${NAME}/`, {
    timeoutMs: PATIENCE,
    use: async (page) => {
      await page.addInitScript(noteSockets)
      await page.reload()
      await page.getByText(/version 1/).waitFor()
      const change = await configure(host, { Image, Rollout })
      // A page at rest shows what it had; Streamlit runs the script at the next act.
      await askApp(page, 'still there?')
      await page.getByText(`version ${Image.split(':').at(-1)}`).waitFor()
      const away = await absences(page)
      console.log(`${Rollout}: WebSocket cut ${away.length} times, back after ${away} ms; gap_ms=${gapIn(change)}`)
      expect(away.length).toBeGreaterThan(0)
    },
  })
  expect(visit).toMatchObject({ rendered: true, webSocket: { open: true } })
})

describe('uploads', () => {
  const MB = 1024 * 1024
  const sparse = (name: string, bytes: number): string => {
    const path = join(room.folder, name)
    writeFileSync(path, '')
    truncateSync(path, bytes)
    return path
  }

  test('150 MB from the page reach the app', async () => {
    const path = sparse('large.bin', 150 * MB)
    const visit = await browser.visit(`http://${NAME}/`, {
      timeoutMs: PATIENCE,
      use: async (page) => {
        await page.locator('input[type=file]').setInputFiles(path)
        await page.getByText(`Received large.bin: ${150 * MB} bytes`).waitFor({ timeout: 300_000 })
      },
    })
    expect(visit).toMatchObject({ rendered: true, webSocket: { open: true } })
  })

  test('201 MB are passed on to the app, one byte more is refused with 413', async () => {
    const put = (bytes: number) =>
      run([
        ...room.client,
        'curl',
        '-s',
        '-o',
        '/dev/null',
        '-w',
        '%{http_code}',
        '-H',
        `Host: ${NAME}`,
        '-H',
        'Expect:',
        '-T',
        sparse('body.bin', bytes),
        `http://${PUBLIC}/_stcore/upload_file/x/y`,
      ])
    expect(await put(201 * MB + 1)).toBe('413')
    const passedOn = await put(201 * MB)
    expect(passedOn).toMatch(/^40[0-35]$/)
    // nginx answers, and then writes.
    let noted: readonly number[] = []
    while (noted.length < 2)
      noted = (await room.evidence.accessLog(host))
        .filter(({ request }) => request.startsWith('PUT /_stcore/upload_file/x/y '))
        .map(({ status }) => status)
    expect(noted.map(String).sort()).toEqual([passedOn, '413'])
  })
})
