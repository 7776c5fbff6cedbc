// A visitor at the door of real machines: pages of Chromium, and the way from the press to Streamlit.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { stopInstance } from '../../local/scenario.ts'
import { PAIR } from './door-pictures.ts'
import type { RealCloud } from './real.ts'

/** Seconds. */
export const PATIENCE = 300
export const APP = '[data-testid="stApp"][data-test-script-state="notRunning"] h1'
export const SITE = /^http:\/\/ragstream/
const HOPS = ['The computer is awake', 'The name leads to it', 'The app is set up', 'The site answers'] as const
export const pictures = process.env.PICTURES

export const seconds = (from: number): string => `${((performance.now() - from) / 1000).toFixed(1)} s`

/** One instance for all that is tried. */
export interface DoorRoom {
  readonly cloud: RealCloud
  readonly browser: Browser
  readonly id: string
  readonly door: string
}

export async function opened(browser: Browser, options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 640, height: 560 }, ...options })
  const page = await context.newPage()
  page.setDefaultTimeout(PATIENCE * 1000)
  return page
}

/** From the press to the page, each hop when it is done. */
export async function throughTheDoor(page: Page, press: () => Promise<void>): Promise<string[]> {
  const sockets: string[] = []
  page.on('websocket', (socket) => sockets.push(socket.url()))
  await press()
  const pressed = performance.now()
  const times: string[] = []
  for (const [n, hop] of HOPS.entries()) {
    // It may have led on before the last one was seen.
    const isDone = page.getByText(`${hop} (done)`).waitFor()
    await Promise.race([isDone.catch(() => {}), page.waitForURL(SITE).catch(() => {})])
    times.push(`${hop}: ${seconds(pressed)}`)
    if (n === 1 && pictures) await page.screenshot({ path: join(pictures, PAIR[1]) }).catch(() => {})
  }
  await page.waitForURL(SITE, { waitUntil: 'commit' })
  times.push(`led there: ${seconds(pressed)}`)
  await page.locator(APP).first().waitFor()
  times.push(`Streamlit is on the screen: ${seconds(pressed)}`)
  assert.ok(
    sockets.some((url) => url.endsWith('/_stcore/stream')),
    'no WebSocket was opened',
  )
  return times
}

export async function asleep({ cloud, id }: DoorRoom): Promise<void> {
  await stopInstance(cloud, cloud.site, id, PATIENCE)
  await cloud.hosts.settled()
  await cloud.room.emptyResolverCache()
}
