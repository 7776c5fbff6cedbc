// Through the door on real machines: Chromium from asleep to Streamlit, by keyboard, without JavaScript, with somebody who joins, with somebody who
// tried the name a moment before; then what goes wrong there. Prints how long each phase takes; PICTURES=<folder> keeps pictures of the page (docs/door.png).
import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { launchBrowser } from '../../local/machine/nspawn/browser.ts'
import { untilLive } from '../../local/scenario.ts'
import { declaring } from '../support/declaring-package.ts'
import { doorPackage } from '../support/door-package.ts'
import { besideEachOther, PAIR } from '../support/door-pictures.ts'
import {
  APP,
  asleep,
  type DoorRoom,
  opened,
  PATIENCE,
  pictures,
  SITE,
  seconds,
  throughTheDoor,
} from '../support/door-visit.ts'
import { runLong } from '../support/long-tests.ts'
import { realCloud } from '../support/real.ts'
import {
  broken,
  declareDoor,
  limited,
  noCapacity,
  PASSWORD_PATH,
  previousVersion,
  wrongPassword,
} from './door-troubles.ts'

async function byKeyboard(room: DoorRoom): Promise<void> {
  const { browser, door } = room
  const [first, second] = [await opened(browser), await opened(browser)]
  await first.goto(door)
  if (pictures) await first.screenshot({ path: join(pictures, PAIR[0]) })
  const times = await throughTheDoor(first, async () => {
    await first.keyboard.press('Tab')
    await first.keyboard.press('Enter')
    await second.goto(door)
    await second.getByText('The computer starts').waitFor()
  })
  console.log(`by keyboard, from asleep:\n  ${times.join('\n  ')}`)
  await second.waitForURL(SITE)
  await second.locator(APP).first().waitFor()
  console.log('a second visitor joined, and was led there')
  await first.goto(door)
  assert.match(first.url(), SITE)
  console.log('awake: the door leads there at once')
}

async function withoutJavaScript({ browser, door }: DoorRoom): Promise<void> {
  const plain = await opened(browser, { javaScriptEnabled: false })
  await plain.goto(door)
  const pressed = performance.now()
  await plain.getByRole('button').click()
  await plain.waitForURL(SITE)
  console.log(`without JavaScript, led there: ${seconds(pressed)}`)
}

async function triedTheName({ cloud, browser, door }: DoorRoom): Promise<void> {
  const { site } = cloud
  const eager = await opened(browser)
  const tried = performance.now()
  const first = await eager.goto(`http://${site.hostname}/`, { timeout: 5_000 }).catch((error: Error) => error)
  assert.ok(first instanceof Error, 'a parked name answered')
  // What is left of that try still replaces the page by the browser's own.
  await eager.waitForURL(/^chrome-error:/).catch(() => {})
  await eager.goto(door)
  await eager.getByRole('button').click()
  // It is led there as soon as its request for the site goes out; whether that is answered is the question.
  await eager.waitForRequest(SITE)
  const led = performance.now()
  console.log(`tried the name before, and was led there ${((led - tried) / 1000).toFixed(1)} s after that try`)
  // As the page says: wait a minute, and load it again.
  const minute = 62_000 - (performance.now() - tried)
  const came = await eager
    .locator(APP)
    .first()
    .waitFor({ timeout: Math.max(minute, 1) })
    .then(
      () => true,
      () => false,
    )
  if (!came) await eager.goto(`http://${site.hostname}/`, { waitUntil: 'commit' })
  await eager.locator(APP).first().waitFor()
  console.log(`  the page came ${came ? 'by itself' : 'when it was loaded again'}, ${seconds(tried)} after that try`)
}

/** In turn, on one host. The first three starts are the last ones of this hour. */
const TRIED = [
  byKeyboard,
  withoutJavaScript,
  triedTheName,
  limited,
  wrongPassword,
  noCapacity,
  previousVersion,
  broken,
] as const

/** Each begins with a site that sleeps. */
async function run(room: DoorRoom): Promise<void> {
  const { cloud, id } = room
  declareDoor(cloud, {})
  await untilLive(cloud, cloud.site, id, PATIENCE)
  for (const one of TRIED) {
    if (cloud.world.state.instances.get(id)?.state !== 'stopped') await asleep(room)
    await one(room)
  }
}

process.exitCode = runLong('stack', ['test/stack/door/door.test.ts'])

// Its role may read the password from the beginning; the site has none at first.
const packageFolder = await declaring([{ door: { passwordPath: PASSWORD_PATH } }], true, doorPackage())
try {
  const cloud = await realCloud({
    ...{ packageFolder, environment: { SECONDS_OF_A_MINUTE: '600', SECONDS_BETWEEN_TRIES: '60', RETRY_AFTER: '2,4' } },
  })
  try {
    const browser = await launchBrowser(cloud.room)
    try {
      await run({ cloud, browser, id: cloud.launch(), door: `${cloud.api.url}/${cloud.site.hostname}` })
      if (pictures) await besideEachOther(browser, pictures)
      console.log('ok')
    } finally {
      await browser.close()
    }
  } finally {
    await cloud.close()
  }
} finally {
  rmSync(packageFolder, { recursive: true })
}
