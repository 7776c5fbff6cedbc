// npm start -- --door: the stack with a door, and a visit through it at the end: from asleep to the site.
import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Page } from 'playwright-core'
import type { LocalCloud } from '../../local/cloud.ts'
import type { Variant } from '../../local/package.ts'
import type { DeclaredSite } from '../../local/scenario.ts'
import type { Screen } from './screen.ts'

/** The project as it is, but every site has a door. */
export const WITH_DOOR: Variant = {
  name: '-with-door',
  change(project) {
    for (const file of globSync('resources/sites/*.json', { cwd: project }).map((name) => join(project, name))) {
      const site = JSON.parse(readFileSync(file, 'utf8'))
      writeFileSync(file, JSON.stringify({ ...site, door: site.door ?? {} }))
    }
  },
}

export const doorOf = ({ api }: LocalCloud, { hostname }: DeclaredSite): string => `${api.url}/${hostname}`

/** Milliseconds. */
const PATIENCE = 180_000
const BETWEEN = 1_000

/** Says each hop once. */
function following(output: Screen): (done: readonly string[]) => void {
  const said = new Set<string>()
  return (done) => {
    for (const hop of done.filter((one) => !said.has(one))) {
      said.add(hop)
      output.say('door', hop)
    }
  }
}

/** In a browser that shows the door's page: the button, the hops, and the site. */
export async function pressInBrowser(page: Page, output: Screen): Promise<void> {
  const { origin } = new URL(page.url())
  const follow = following(output)
  await page.getByRole('button').click()
  output.say('visitor', 'presses the button')
  for (const until = Date.now() + PATIENCE; page.url().startsWith(origin); await pause(BETWEEN)) {
    if (Date.now() > until) throw new Error(`the door did not lead on within ${PATIENCE / 1000} s`)
    const done = await page.locator('li[data-mark=done]').allTextContents()
    follow(done.map((text) => text.replace(/ \(done\)$/, '')))
  }
  output.say('visitor', `is led to ${page.url()}`, 'good')
}

interface Shown {
  readonly hops: readonly { readonly mark: string; readonly text: string }[]
  readonly leads?: string
  readonly sentence: string
}

/** The same by what the page sends and asks, where no browser could open the site. */
export async function pressByHand(door: string, output: Screen): Promise<void> {
  const follow = following(output)
  const [, ticket = ''] = /name="ticket" value="([\w-]+)"/.exec(await (await fetch(door)).text()) ?? []
  const answer = await fetch(`${door}/start`, {
    method: 'POST',
    body: new URLSearchParams({ ticket }),
    redirect: 'manual',
  })
  output.say('visitor', `sends the form: ${answer.status}`)
  for (const until = Date.now() + PATIENCE; ; await pause(BETWEEN)) {
    const reply = await fetch(`${door}/status`)
    // A moment of silence after too many questions.
    const { hops, leads, sentence } = reply.ok ? ((await reply.json()) as Shown) : { hops: [], sentence: '' }
    follow(hops.flatMap(({ mark, text }) => (mark === 'done' ? [text] : [])))
    if (leads) return output.say('visitor', `is led to ${leads}`, 'good')
    if (Date.now() > until) throw new Error(`the door did not lead on within ${PATIENCE / 1000} s: ${sentence}`)
  }
}
