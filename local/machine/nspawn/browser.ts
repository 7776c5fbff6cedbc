// A visitor with a real browser: Debian's Chromium in the client's namespace, driven from here. The pipes between the two pass through.
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Browser, chromium, errors, type Page } from 'playwright-core'
import { BROWSER_PROGRAM } from '../prepare/packages.ts'
import type { NspawnRoom } from './room.ts'

/** Milliseconds: on a busy machine the browser starts, and draws, more slowly than within the 30 s of Playwright. */
const PATIENCE = 120_000

export const browserAvailable = (): boolean => existsSync(BROWSER_PROGRAM)

export interface Visit {
  /** The address bar's answer: HTTP status of the page, null when there was none. */
  readonly status: number | null
  /** Where the browser went for the page; null when it got no answer. */
  readonly server: { readonly address: string; readonly port: number } | null
  /** The browser's own words when it got no page, for example net::ERR_CONNECTION_TIMED_OUT. */
  readonly failure: string | null
  /** False: the page is not the app, or the app did not come to rest in time. */
  readonly rendered: boolean
  readonly title: string
  readonly text: string
  /** The request as the app saw it, read from the page; null where the page is not the app. */
  readonly headers: Readonly<Record<string, string>> | null
  /** The page's WebSocket; null when it opened none. */
  readonly webSocket: { readonly url: string; readonly open: boolean; readonly framesReceived: number } | null
  /** PNG. */
  readonly screenshot: Buffer
}

export interface Visitor {
  /** Opens the page in a context of its own: an open one keeps addresses for up to a minute, whatever their TTL. */
  visit(url: string, options?: VisitOptions): Promise<Visit>
  close(): Promise<void>
}

export interface VisitOptions {
  readonly timeoutMs?: number
  /** False: the page is not the app, but leads there by `use`. */
  readonly isApp?: boolean
  /** Goes on with the page before the picture is taken. */
  readonly use?: (page: Page) => Promise<void>
}

type Room = Pick<NspawnRoom, 'client' | 'folder'>

/** `home` holds what this visitor's browser trusts besides what every browser does: `.pki/nssdb`. */
export async function visitor(room: Room, home?: string): Promise<Visitor> {
  const browser = await launchBrowser(room, home)
  return {
    visit: (url, options = {}) => visit(browser, url, options),
    close: () => browser.close(),
  }
}

export async function launchBrowser(room: Room, home?: string): Promise<Browser> {
  const wrapper = join(room.folder, home === undefined ? 'chromium' : 'chromium-at-home')
  const argv = [...room.client, ...(home === undefined ? [] : ['env', `HOME=${home}`]), BROWSER_PROGRAM]
    .map((word) => `'${word}'`)
    .join(' ')
  await writeFile(wrapper, `#!/bin/sh\nexec ${argv} "$@"\n`, { mode: 0o755 })
  return chromium.launch({
    executablePath: wrapper,
    args: ['--no-sandbox'],
    chromiumSandbox: false,
    timeout: PATIENCE,
  })
}

async function visit(browser: Browser, url: string, options: VisitOptions): Promise<Visit> {
  const { timeoutMs = 15_000, isApp = true } = options
  const context = await browser.newContext()
  context.setDefaultTimeout(PATIENCE)
  try {
    const page = await context.newPage()
    const webSocket = watchWebSocket(page)
    let failure: string | null = null
    const response = await page.goto(url, { timeout: timeoutMs }).catch((error: Error) => {
      failure =
        /net::\w+/.exec(error.message)?.[0] ??
        (error instanceof errors.TimeoutError ? 'no answer in time' : error.message)
      return null
    })
    let rendered = response?.ok() === true && (!isApp || ((await hasScript(page)) && (await atRest(page, timeoutMs))))
    await options.use?.(page)
    if (options.use) rendered &&= await atRest(page, timeoutMs)
    const text = await page.locator('body').innerText()
    const server = await response?.serverAddr()
    return {
      server: server ? { address: server.ipAddress, port: server.port } : null,
      rendered,
      headers: rendered ? headersIn(text) : null,
      status: response?.status() ?? null,
      failure,
      title: await page.title(),
      text,
      webSocket: webSocket(),
      screenshot: await page.screenshot(),
    }
  } finally {
    await context.close()
  }
}

/** A script draws the app. If the loaded page has none, the visitor does not wait for the app. */
const hasScript = async (page: Page): Promise<boolean> => (await page.locator('script').count()) > 0

/** The script has run, and nothing on the page is still a grey box. */
export async function atRest(page: Page, timeoutMs: number): Promise<boolean> {
  const app = page.locator(
    '[data-testid="stApp"][data-test-script-state="notRunning"]:not(:has([data-testid="stSkeleton"])) h1',
  )
  return app
    .first()
    .waitFor({ timeout: timeoutMs })
    .then(
      () => true,
      () => false,
    )
}

function headersIn(text: string): Visit['headers'] {
  const json = /Request headers\s*(\{[^}]*\})/.exec(text)?.[1]
  return json === undefined ? null : (JSON.parse(json) as Record<string, string>)
}

/** Streamlit's stream is the one that carries the page; the last one opened counts. */
function watchWebSocket(page: Page): () => Visit['webSocket'] {
  let seen: Visit['webSocket'] = null
  page.on('websocket', (socket) => {
    let [open, framesReceived] = [true, 0]
    const note = () => {
      seen = { url: socket.url(), open, framesReceived }
    }
    socket.on('framereceived', () => {
      framesReceived++
      note()
    })
    socket.on('close', () => {
      open = false
      note()
    })
    note()
  })
  return () => seen
}
