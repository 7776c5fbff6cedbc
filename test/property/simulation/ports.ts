// The ports of dns-sync over the account on virtual time: those of a process, and those of one run.
import type { Dependencies } from '../../../functions/dns-sync/handler.ts'
import type { Instance } from '../../../functions/lib/domain/instance.ts'
import { resolveSites } from '../../../functions/lib/domain/site-set.ts'
import type { Trigger } from '../../../functions/lib/domain/trigger.ts'
import { rememberRecords } from '../../../functions/lib/records/memory.ts'
import type { DnsPorts } from '../../../functions/lib/records/ports.ts'
import { rememberSites } from '../../../functions/lib/steps/remember-sites.ts'
import type { SeenInstance } from '../../../local/world/queries.ts'
import type { Account } from './account.ts'
import type { Calls, Run } from './calls.ts'
import type { Messages } from './messages.ts'
import * as route53 from './route53.ts'
import type { Timeline } from './timeline.ts'
import { unfounded } from './watch.ts'

/** Plants a bug: gets the ports of a run and what it knows, gives other ports. */
export type Mutant = (
  ports: DnsPorts,
  run: { readonly triggers: readonly Trigger[]; readonly account: Account },
) => DnsPorts

export interface Surroundings {
  readonly account: Account
  readonly messages: Messages
  readonly timeline: Timeline
  readonly call: Calls
  readonly random: () => number
  readonly fault: (sentence: string) => void
}

/** A process of the function: it serves one run after the other, and remembers what production remembers. */
export interface Container {
  run: Run | undefined
  readonly dns: DnsPorts
}

export function startContainer({ account, timeline, call, random, fault }: Surroundings): Container {
  const now = <T>(name: string, effect: (age: number) => T) => call(container.run!, name, effect)
  const ports: DnsPorts = {
    readSites: () => now('readSites', (age) => resolveSites(account.storedDocuments('sites', age), [])),
    listInstances: () =>
      now('listInstances', (age) => {
        container.run!.seen = account.seenInstances(age)
        return container.run!.seen.map(toInstance)
      }),
    listRecords: (zoneId, names) => now('listRecords', () => route53.listRecords(account, zoneId, names)),
    changeRecords: (zoneId, changes) =>
      now('changeRecords', () => {
        for (const sentence of unfounded(account, container.run!.seen, changes)) fault(sentence)
        return route53.changeRecords(account, zoneId, changes)
      }),
    clock: {
      now: () => timeline.now,
      random,
      sleep: (ms) => new Promise((resolve) => timeline.after(ms, () => (container.run?.dead ? undefined : resolve()))),
    },
  }
  const container: Container = { run: undefined, dns: rememberRecords(rememberSites(ports)) }
  return container
}

export function queuePorts({ messages, timeline, call }: Surroundings, run: Run): Dependencies['queue'] {
  return {
    now: () => timeline.now,
    postpone: (postponements) =>
      call(run, 'postpone', () => {
        for (const { receiptHandle, seconds } of postponements) messages.postpone(receiptHandle, seconds * 1000)
      }),
    // Nobody listens here: outcome writes no records.
    tell: () => call(run, 'tell', () => {}),
    bury: (body) => call(run, 'bury', () => messages.bury(body)),
    sendLater: (body, seconds) => call(run, 'sendLater', () => messages.sendLater(body, seconds * 1000)),
  }
}

const toInstance = ({ id, state, tags, address, ipv6, launchTime }: SeenInstance): Instance => ({
  id,
  state,
  tags,
  publicIp: address ?? undefined,
  ipv6: ipv6 ?? undefined,
  launchTime,
})
