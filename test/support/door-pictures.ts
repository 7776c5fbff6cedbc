// Two pictures of the door's page side by side, as the README shows them.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'

export const PAIR = ['door-asleep.png', 'door-starting.png'] as const

/** Writes `door.png` beside them. */
export async function besideEachOther(browser: Browser, folder: string): Promise<void> {
  const page = await browser.newPage({ viewport: { width: 1300, height: 530 } })
  const images = PAIR.map((name) => `data:image/png;base64,${readFileSync(join(folder, name)).toString('base64')}`)
  await page.setContent(
    `<body style="margin:0;display:flex;gap:20px;background:#d0d7de">${images.map((src) => `<img src="${src}" width="640">`).join('')}</body>`,
  )
  await page.screenshot({ path: join(folder, 'door.png') })
  await page.close()
}
