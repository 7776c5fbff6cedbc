// What goes wrong at the door of real machines: the limit, a wrong password, no capacity, a version that cannot be set up.
import assert from 'node:assert/strict'
import type { Page } from 'playwright-core'
import { sealed } from '../../functions/lib/door/password.ts'
import { APP, type DoorRoom, opened, SITE, seconds, throughTheDoor } from '../support/door-visit.ts'
import type { RealCloud } from '../support/real.ts'

export const PASSWORD_PATH = '/ragstream-edge-secrets/prod/door'
const PASSWORD = 'open sesame'

type Fields = Readonly<Record<string, unknown>>

/** As the owner's next deploy would. */
export function declareDoor({ world, stage, site }: RealCloud, door: Fields, more: Fields = {}): void {
  const name = `/ragstream-edge/${stage}/sites/${site.hostname}`
  world.dispatch({ type: 'PutParameter', name, value: JSON.stringify({ ...site, ...more, door }), overwrite: true })
}

/** Entries of a kind that the door has written. */
const entries = ({ world }: RealCloud, kind: 'starts' | 'tries'): string[] =>
  [...world.state.parameters.keys()].filter((name) => name.includes(`/state/door/`) && name.includes(`/${kind}/`))

const stateOf = ({ cloud, id }: DoorRoom) => cloud.world.state.instances.get(id)!.state

/** What somebody sends who has no button. */
const postedByHand = (page: Page, door: string): Promise<number> =>
  page.evaluate(async (url) => {
    const body = new URLSearchParams({ ticket: 'A'.repeat(22) })
    return (await fetch(url, { method: 'POST', body, headers: { accept: 'application/json' } })).status
  }, `${door}/start`)

/** After as many starts as an hour may have. */
export async function limited(room: DoorRoom): Promise<void> {
  const { cloud, browser, door } = room
  const page = await opened(browser)
  await page.goto(door)
  await page.getByText('It has been started as often as its owner allows. It can be started again at').waitFor()
  assert.equal(await page.getByRole('button').isVisible(), false)
  assert.equal(await postedByHand(page, door), 200)
  assert.deepEqual([stateOf(room), entries(cloud, 'starts').length], ['stopped', 3])
  console.log('the limit: said, with no button, and a post starts nothing')
  await page.close()
}

/** The owner allows more, and wants a password. */
export async function wrongPassword(room: DoorRoom): Promise<void> {
  const { cloud, browser, door } = room
  cloud.world.dispatch({
    ...{ type: 'PutParameter', name: PASSWORD_PATH, parameterType: 'SecureString' },
    value: await sealed(PASSWORD, Buffer.alloc(16, 7)),
  })
  declareDoor(cloud, { perHour: 12, passwordPath: PASSWORD_PATH })
  const page = await opened(browser)
  await page.goto(door)
  const declared = performance.now()
  await page.getByLabel('Password').waitFor()
  console.log(`other limits and a password: the open page shows them after ${seconds(declared)}`)
  await page.getByLabel('Password').fill('open barley')
  await page.keyboard.press('Enter')
  await page.getByText('This password is wrong.').waitFor()
  assert.deepEqual([stateOf(room), entries(cloud, 'starts').length, entries(cloud, 'tries').length], ['stopped', 3, 1])
  console.log('a wrong password: said, and nothing starts')
  await page.close()
}

/** EC2 has none free at first: the open page posts again by itself. */
export async function noCapacity(room: DoorRoom): Promise<void> {
  const { cloud, browser, door } = room
  cloud.world.dispatch({ type: 'SetTempo', tempo: { capacity: 'none' } })
  const page = await opened(browser)
  const posts: number[] = []
  page.on('request', (request) => request.method() === 'POST' && posts.push(performance.now()))
  await page.goto(door)
  await page.getByLabel('Password').fill(PASSWORD)
  const times = await throughTheDoor(page, async () => {
    await page.keyboard.press('Enter')
    await page
      .getByText('There is no free computer for it at this moment. This page tries again every minute.')
      .waitFor()
    assert.deepEqual([stateOf(room), entries(cloud, 'starts').length], ['stopped', 4])
    cloud.world.dispatch({ type: 'SetTempo', tempo: { capacity: 'free' } })
  })
  // The same ticket, without a further entry, and the password is not asked again.
  assert.deepEqual([posts.length, entries(cloud, 'starts').length, entries(cloud, 'tries').length], [2, 4, 2])
  const again = ((posts[1]! - posts[0]!) / 1000).toFixed(1)
  console.log(`no capacity: the open page posted again by itself after ${again} s, uncounted:\n  ${times.join('\n  ')}`)
}

async function pressedWithPassword({ browser, door }: DoorRoom): Promise<Page> {
  const page = await opened(browser)
  await page.goto(door)
  await page.getByLabel('Password').fill(PASSWORD)
  await page.keyboard.press('Enter')
  return page
}

/** The owner's next version cannot be set up, and the one before it is back. */
export async function previousVersion(room: DoorRoom): Promise<void> {
  room.cloud.publishImage('broken')
  const page = await pressedWithPassword(room)
  const pressed = performance.now()
  await page.waitForURL(SITE)
  await page.locator(APP).first().waitFor()
  console.log(`a broken version: led to the one before it after ${seconds(pressed)}`)
  await page.close()
  const name = `ragstream-edge-${room.cloud.site.hostname}`
  await room.cloud.machine(room.id).exec(['docker', 'rm', '--force', name])
}

/** Another one, and there is none before it. */
export async function broken(room: DoorRoom): Promise<void> {
  const { cloud, id } = room
  declareDoor(cloud, { perHour: 12, passwordPath: PASSWORD_PATH }, { container: { env: { VERSION: 'next' } } })
  const page = await pressedWithPassword(room)
  const pressed = performance.now()
  await page.getByText('the app could not be set up on it. Its owner has been told.').waitFor()
  await page.getByText('The app is set up (failed)').waitFor()
  assert.doesNotMatch(page.url(), SITE)
  assert.equal(await page.getByRole('button').isVisible(), false)
  const text = await page.locator('main').innerText()
  for (const secret of [id, String(cloud.world.state.instances.get(id)!.publicIp), 'this version does not start'])
    assert.ok(!text.includes(secret), `the page says ${secret}`)
  console.log(`a broken site: said after ${seconds(pressed)}, with no id, address or reason`)
  await page.close()
}
