// Two visitors who try until they see the page: one whose browser is new at each try, and one whose browser asked before the start.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Browser, Page } from 'playwright-core'
import { atRest } from '../../local/machine/nspawn/browser.ts'

/** Milliseconds: a try without an answer, and the pause before the next one. */
const [TRY, PAUSE] = [1500, 250]
const RENDERED_WITHIN = 60_000

/** Milliseconds since the epoch. */
export interface Arrival {
  readonly firstByte: number
  readonly rendered: number
  readonly tries: number
}

/** Its answers about names are its own: a browser that has just been opened. */
export async function freshVisits(browser: Browser, url: string, deadline: number): Promise<Arrival> {
  for (let tries = 1; ; tries++) {
    const context = await browser.newContext()
    try {
      const seen = await attempt(await context.newPage(), url)
      if (seen) return { ...seen, tries }
    } finally {
      await context.close()
    }
    await pause(url, deadline)
  }
}

/** A page that stays open, and is loaded again and again. */
export async function repeatedVisits(page: Page, url: string, deadline: number): Promise<Arrival> {
  for (let tries = 1; ; tries++) {
    const seen = await attempt(page, url)
    if (seen) return { ...seen, tries }
    await pause(url, deadline)
  }
}

export async function attempt(page: Page, url: string): Promise<Omit<Arrival, 'tries'> | undefined> {
  const response = await page.goto(url, { timeout: TRY, waitUntil: 'commit' }).catch(() => null)
  const firstByte = Date.now()
  if (!response?.ok() || !(await atRest(page, RENDERED_WITHIN))) return undefined
  return { firstByte, rendered: Date.now() }
}

async function pause(url: string, deadline: number): Promise<void> {
  if (Date.now() > deadline) throw new Error(`${url}: found no page in time, wanted one`)
  await sleep(PAUSE)
}
