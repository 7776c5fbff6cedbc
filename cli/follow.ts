// Follows a site by looking every two seconds, and says what has changed since the last look.
import { setTimeout as pause } from 'node:timers/promises'
import type { Account, Sight, SiteHost } from './account.ts'

const EVERY = 2_000

/** `end` is the word of the last line. @throws Error when it is not so after `minutes` */
export async function follow(
  account: Account,
  host: SiteHost,
  end: string,
  isSo: (sight: Sight) => boolean,
  minutes: number,
): Promise<void> {
  const began = performance.now()
  const say = (who: string, what: string) =>
    console.log(`${((performance.now() - began) / 1000).toFixed(1).padStart(6)} s  ${who.padEnd(9)}  ${what}`)
  let before: Partial<Sight> = {}
  for (;;) {
    const sight = await account.look(host)
    for (const [who, what] of news(before, sight, host)) say(who, what)
    if (isSo(sight)) {
      say(end, `http://${host.hostname}/`)
      return
    }
    if (performance.now() - began > minutes * 60_000)
      throw new Error(`not so after ${minutes} minutes; npm run diagnose -- ${host.hostname} says what is wrong`)
    before = sight
    await pause(EVERY)
  }
}

function news(before: Partial<Sight>, now: Sight, { hostname, instanceId }: SiteHost): [string, string][] {
  const address = now.address ? ` at ${now.address}` : ''
  const all: [boolean, string, string][] = [
    [
      before.state !== now.state || before.address !== now.address,
      'instance',
      `${instanceId} is ${now.state}${address}`,
    ],
    [before.command !== now.command && now.command !== undefined, 'command', now.command ?? ''],
    [before.record !== now.record, 'record', `${hostname} -> ${now.record}`],
  ]
  return all.flatMap(([changed, who, what]) => (changed ? [[who, what] as [string, string]] : []))
}
