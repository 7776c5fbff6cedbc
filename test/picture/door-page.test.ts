// The page of a door in a real browser: for everybody (axe), by keyboard, at 320 px, without JavaScript, and with hostile words in it.
import { once } from 'node:events'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { BROWSER_PROGRAM } from '../../local/machine/prepare/packages.ts'
import type { HttpApi } from '../../local/stack/http-api.ts'
import { LAUNCH } from '../support/domain.ts'
import { serveDoor } from '../support/door-server.ts'
import { asleep, doorSite, type FakeDoor, fakeDoor, HOST, MINUTE, rest, wake } from '../support/fake-door.ts'

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js')
/** Milliseconds: the machine may be busy. */
const PATIENCE = 180_000
const HOSTILE = '<script>alert(1)</script><img src=x onerror=alert(1)>"\'><b>'

let browser: Browser
let ports: FakeDoor
let api: HttpApi

const site = createServer((_, answer) => {
  answer
    .setHeader('Content-Type', 'text/html')
    .end('<title>The site</title><link rel="icon" href="data:,"><h1>The site</h1>')
})

beforeAll(async () => {
  await once(site.listen(0, '127.0.0.1'), 'listening')
  // No name server has this name: the browser gets the address here.
  const resolver = `--host-resolver-rules=MAP ${HOST} 127.0.0.1:${(site.address() as AddressInfo).port}`
  const args = ['--no-sandbox', resolver]
  browser = await chromium.launch({ executablePath: BROWSER_PROGRAM, args, timeout: PATIENCE })
})
afterAll(async () => {
  await browser?.close()
  site.close()
})
beforeEach(async () => {
  ports = fakeDoor()
  api = await serveDoor(ports)
})
afterEach(() => api.close())

/** What a page asked for, other than its door; and what it must not have done. */
interface Opened {
  readonly page: Page
  readonly context: BrowserContext
  readonly elsewhere: string[]
  readonly faults: string[]
}

async function open(path = '', options: Parameters<Browser['newContext']>[0] = {}): Promise<Opened> {
  const context = await browser.newContext(options)
  context.setDefaultTimeout(PATIENCE)
  const [elsewhere, faults] = [[] as string[], [] as string[]]
  const page = await context.newPage()
  if (options.javaScriptEnabled !== false) await page.clock.install()
  page.on('request', (request) => request.url().startsWith(api.url) || elsewhere.push(request.url()))
  page.on('console', (message) => message.type() === 'error' && faults.push(message.text()))
  page.on('pageerror', (error) => faults.push(error.message))
  page.on('dialog', (dialog) => {
    faults.push(`a dialog: ${dialog.message()}`)
    void dialog.dismiss()
  })
  await page.goto(`${api.url}/${HOST}${path}`)
  return { page, context, elsewhere, faults }
}

/** Until the page has led to the site, at this place of it. */
async function led(page: Page, place = '/'): Promise<void> {
  await page.getByRole('heading', { name: 'The site' }).waitFor()
  expect(page.url()).toBe(`http://${HOST}${place}`)
}

/** The page's timers until it has asked again; the time of the door itself stays as it is. */
const askAgain = (page: Page): Promise<void> => page.clock.runFor(2_000)

/** The world in which the page is in a state. */
const STATES: Readonly<Record<string, () => void>> = {
  asleep: () => {},
  'asleep, with a password': () => {
    ports.sites = [doorSite({ passwordPath: '/door', title: 'My app', note: 'Ask Ada at the office.' })]
  },
  stopping: () => {
    ports.instances = [asleep({ state: 'stopping' })]
  },
  starting: () => {
    ports.instances = [asleep({ state: 'pending', launchTime: ports.clock.now() })]
    ports.entries.set('took', JSON.stringify([{ launchTime: 1, ms: 52_000 }]))
  },
  booted: () => {
    ports.instances = [asleep({ state: 'running', publicIp: '203.0.113.1', launchTime: ports.clock.now() })]
  },
  'live, and too early to go': () => {
    ports.instances = [asleep({ launchTime: ports.clock.now() })]
    wake(ports)
  },
  broken: () => {
    ports.instances = [asleep({ state: 'running', publicIp: '203.0.113.1', launchTime: LAUNCH })]
  },
  limit: () => {
    ports.sites = [doorSite({ perDay: 1 })]
    ports.entries.set('starts/2026-11-23/1', '{}')
  },
  'full of HTML': () => {
    ports.sites = [doorSite({ title: HOSTILE.slice(0, 80), note: HOSTILE })]
  },
}

test.each(Object.entries(STATES))(
  '%s: axe finds nothing, in light and in dark; at 320 px nothing sticks out',
  async (_, make) => {
    make()
    const { page, context, elsewhere, faults } = await open('?to=%2Fa%22%3E%3Cscript%3E', {
      ...{ colorScheme: 'light', viewport: { width: 320, height: 640 }, bypassCSP: true },
    })
    await page.addScriptTag({ path: AXE })
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      const found = await page.evaluate(async () => {
        const { violations } = await (globalThis as unknown as { axe: { run(): Promise<Found> } }).axe.run()
        return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)
      })
      expect([colorScheme, found]).toEqual([colorScheme, []])
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(320)
    }
    expect([elsewhere, faults]).toEqual([[], []])
    await context.close()
  },
)

interface Found {
  readonly violations: readonly { readonly id: string; readonly nodes: readonly { readonly html: string }[] }[]
}

test('by keyboard alone: Tab, Enter, the hops fill in below a kept focus, and it leads there', async () => {
  const { page, context, elsewhere, faults } = await open('?to=%2Fchat%3Fq%3D1')
  await page.keyboard.press('Tab')
  const focused = () => page.evaluate('document.activeElement?.tagName')
  expect(await focused()).toBe('BUTTON')
  await page.keyboard.press('Enter')
  await page.getByText('The computer starts (now)').waitFor()
  expect([await focused(), ports.begun]).toEqual(['BUTTON', 1])
  await page.keyboard.press('Enter')
  wake(ports)
  await askAgain(page)
  await page.getByText('The site answers (done)').waitFor()
  expect(await page.getByRole('status').textContent()).toMatch(/leads there in 10 seconds/)
  expect([await focused(), ports.begun, elsewhere]).toEqual(['BUTTON', 1, []])
  await ports.clock.sleep(10_000)
  await askAgain(page)
  await led(page, '/chat?q=1')
  expect(faults).toEqual([])
  await context.close()
})

test('without JavaScript: the button, a page that loads itself again, and the site', async () => {
  const { page, context } = await open('', { javaScriptEnabled: false })
  await page.getByRole('button', { name: 'Start it' }).click()
  await page.getByText('The computer starts').waitFor()
  expect(ports.begun).toBe(1)
  wake(ports)
  await ports.clock.sleep(10_000)
  await led(page)
  await context.close()
})

test('right after a form, and live already: the page leads, since a browser refuses a redirect there', async () => {
  const { page, context, faults } = await open('', { javaScriptEnabled: false })
  wake(ports, LAUNCH)
  await page.getByRole('button', { name: 'Start it' }).click()
  await led(page)
  expect([ports.begun, faults]).toEqual([0, []])
  await context.close()
})

test('a second visitor joins: he sees the start of the first, and both are led there', async () => {
  const [first, second] = [await open(), await open()]
  await first.page.getByRole('button').click()
  await first.page.getByText('The computer starts (now)').waitFor()
  await second.page.reload()
  await second.page.getByText('The computer starts (now)').waitFor()
  wake(ports)
  await ports.clock.sleep(10_000)
  for (const { page } of [first, second]) {
    await askAgain(page)
    await led(page)
  }
  expect(ports.begun).toBe(1)
  for (const { context } of [first, second]) await context.close()
})

test('no capacity first: said, and the open page tries again by itself', async () => {
  Object.assign(ports, { again: 2_000, refuses: 'no capacity' })
  const { page, context } = await open()
  await page.getByRole('button').click()
  await page.getByText('no free computer for it at this moment. This page tries again every minute').waitFor()
  ports.refuses = undefined
  await ports.clock.sleep(3_000)
  await askAgain(page)
  await page.getByText('The computer starts (now)').waitFor()
  expect([ports.begun, ports.entries.size]).toEqual([1, 1])
  await context.close()
})

test('a wrong password: said, and the right one starts it', async () => {
  const { sealed } = await import('../../functions/lib/door/password.ts')
  ports.sites = [doorSite({ passwordPath: '/door' })]
  ports.password = await sealed('opensesame', Buffer.alloc(16, 1))
  const { page, context } = await open()
  await page.getByLabel('Password').fill('open barley')
  await page.keyboard.press('Enter')
  await page.getByText('This password is wrong.').waitFor()
  expect(await page.getByLabel('Password').inputValue()).toBe('')
  await page.getByLabel('Password').fill('opensesame')
  await page.keyboard.press('Enter')
  await page.getByText('The computer starts (now)').waitFor()
  expect(ports.begun).toBe(1)
  await context.close()
})

test('the limit, and a broken site: said, with no button to press', async () => {
  const limited = doorSite({ perDay: 1 })
  ports.sites = [limited]
  const { page, context } = await open()
  await page.getByRole('button').click()
  await page.getByText('The computer starts (now)').waitFor()
  ports.instances = [asleep({ state: 'running', publicIp: '203.0.113.1', launchTime: ports.clock.now() - 20 * MINUTE })]
  await askAgain(page)
  await page.getByText('It does not work at the moment. Ask its owner.').waitFor()
  expect(await page.getByRole('button').isVisible()).toBe(false)
  rest(ports)
  await page.reload()
  await page.getByText('as often as its owner allows').waitFor()
  expect(await page.getByRole('button').isVisible()).toBe(false)
  await context.close()
})
