// A start with a crowd at the door, counted: what the crowd takes of what all functions share, and when the start's record and command come.
import { setTimeout as pause } from 'node:timers/promises'
import type { Happening } from '../../../local/cloud.ts'
import { served, until } from '../../../local/scenario.ts'
import type { InvocationEnd, InvocationStart } from '../../../local/stack/lambda.ts'
import type { World } from '../../../local/world/types.ts'
import { serveNobody } from '../../support/door-server.ts'
import { PATIENCE, sleeping } from './sleeping.ts'

/** `elsewhere`: the same crowd on the same machine, at an API that lets nobody through. */
export type Place = 'at the door' | 'elsewhere' | 'nowhere'

/** Posts under way at once: more connections than the burst lets through, by far. */
const SENDERS = 250
const PAGES = 50
/**
 * Milliseconds for which the pages are open before the crowd comes; longer while a process still starts. In AWS each process starts on a processor of
 * its own, here all share this machine's.
 */
const WARM = 4_000

/** Functions that run at once, and those that had to wait for others to end. */
function runsOf() {
  const since = new Map<string, number>()
  const running = new Map<string, number>()
  const most = new Map<string, number>()
  const waited: Waited[] = []
  const ends: number[] = []
  const beginning = new Set<string>()
  let all = 0
  return {
    most,
    waited,
    beginning,
    onInvoke(report: InvocationStart | InvocationEnd) {
      const { function: name, requestId, phase } = report
      const step = phase === 'start' ? 1 : -1
      if (report.phase === 'start' && report.coldStart) beginning.add(requestId)
      else beginning.delete(requestId)
      running.set(name, (running.get(name) ?? 0) + step)
      all += step
      most.set(name, Math.max(most.get(name) ?? 0, running.get(name)!))
      most.set('all', Math.max(most.get('all') ?? 0, all))
      if (report.phase === 'start') return void since.set(requestId, performance.now())
      ends.push(performance.now())
      // The duration counts from when it was asked for.
      const [asked, began] = [performance.now() - report.durationMs, since.get(requestId)!]
      const others = ends.filter((end) => end > asked && end <= began).length
      if (began - asked > 1) waited.push({ function: name, ms: Math.round(began - asked), others })
    },
  }
}

/** A run that had to wait for a free place, until so many others had ended. */
interface Waited {
  readonly function: string
  readonly ms: number
  readonly others: number
}

/** Calls of a role while it is looked at: `service Operation` and when. */
function callsOf(role: string) {
  const calls: { readonly at: number; readonly name: string }[] = []
  return {
    calls,
    onHappening(one: Happening) {
      if (one.kind !== 'call' || one.call.accessKeyId !== role) return
      // How long a start took, which each process may write: no matter of the crowd.
      if (String(one.call.input.Name).endsWith('/took')) return
      calls.push({ at: performance.now(), name: `${one.call.service} ${one.call.operation}` })
    },
  }
}

/** The most of them within any second. */
export const mostASecond = (calls: readonly { readonly at: number }[]): number =>
  Math.max(0, ...calls.map(({ at }) => calls.filter((one) => one.at >= at && one.at < at + 1000).length))

export interface Counted {
  /** Milliseconds from the start. */
  readonly record: number
  readonly command: number
  readonly codes: ReadonlyMap<number, number>
  readonly starts: number
  readonly problems: readonly string[]
  /** Milliseconds for which the crowd was there. */
  readonly lasted: number
  /** Runs at once, by function, and of all. */
  readonly most: ReadonlyMap<string, number>
  readonly waited: readonly Waited[]
  /** Of the door. */
  readonly calls: readonly { readonly at: number; readonly name: string }[]
}

/** Many who each do it again and again, until it is false or all is over. When one fails, all stop. */
function crowds() {
  const errors: unknown[] = []
  const over = new AbortController()
  const again = async (visit: () => Promise<boolean>) => {
    while (!over.signal.aborted && (await visit()));
  }
  return {
    throwIfFailed(): void {
      if (errors.length > 0) throw errors[0]
    },
    stop: () => over.abort(),
    signal: over.signal,
    send: (many: number, visit: () => Promise<boolean>) =>
      Promise.all(Array.from({ length: many }, () => again(visit))).catch((error) => {
        errors.push(error)
        over.abort()
      }),
  }
}

export async function startWith(place: Place, posts: number): Promise<Counted> {
  const [{ onInvoke, most, waited, beginning }, { onHappening, calls }] = [runsOf(), callsOf('DoorRole')]
  // As in AWS: a visitor who comes a second later does not ask EC2 once more.
  const environment = { SECONDS_BETWEEN_TRIES: '60' }
  const room = await sleeping({ concurrency: 10, onInvoke, onHappening, environment })
  const { cloud, id, site, get, post, status, starts, state } = room
  const nobody = await serveNobody()
  const { throwIfFailed, stop, signal, send } = crowds()
  try {
    const { ticket = '' } = await status()
    const codes = new Map<number, number>()
    const counted = async (reply: Promise<Response>) => {
      const { status: code } = await reply
      codes.set(code, (codes.get(code) ?? 0) + 1)
      return true
    }
    const elsewhere = { get: () => fetch(nobody.url), post: () => fetch(nobody.url, { method: 'POST', body: ticket }) }
    const here = place === 'elsewhere' ? elsewhere : { get: () => get('/status'), post: () => post(ticket) }
    const wait = () => pause(2_000, true, { signal }).catch(() => false)
    const pages = send(place === 'nowhere' ? 0 : PAGES, () => counted(here.get()).then(wait))
    await pause(WARM)
    while (beginning.size > 0) await pause(100)
    for (const list of [waited, calls]) list.length = 0
    for (const map of [most, codes]) map.clear()
    const began = performance.now()
    // The pages may have had the last of what the throttle lets through.
    for (let reply = 429; place !== 'at the door' && reply !== 200; ) reply = (await post(ticket)).status
    let left = place === 'nowhere' ? 0 : posts
    const senders = send(SENDERS, async () => left-- > 0 && counted(here.post()))
    // The first post may be too late to start the instance. Then a later one starts it; if none is left, one more is sent.
    const postAgain = () => pause(1_000).then(() => state() === 'stopped' && counted(here.post()))
    const more = senders.then(() => send(place === 'at the door' ? 1 : 0, postAgain))
    // Whoever waits for the world looks again, and finds the error.
    signal.addEventListener('abort', () => cloud.world.dispatch({ type: 'SetTempo', tempo: {} }))
    const since = () => Math.round(performance.now() - began)
    const seen = async (what: string, look: (world: World) => boolean | undefined) => {
      await until(cloud, what, PATIENCE, (world) => {
        throwIfFailed()
        return look(world) || undefined
      })
      return since()
    }
    const started = await seen('started', () => state() !== 'stopped')
    const record =
      (await seen('named', (world) => {
        const address = world.instances.get(id)!.publicIp
        return address !== null && served(world, site)?.includes(address)
      })) - started
    const command = (await seen('told', (world) => world.commands.size > 0)) - started
    await more
    stop()
    await pages
    throwIfFailed()
    const counts = { most: new Map(most), waited: [...waited], calls: [...calls], lasted: since() }
    return { record, command, codes, starts: starts().length, problems: cloud.problems(), ...counts }
  } finally {
    stop()
    await nobody.close()
    await cloud.close()
  }
}

/** As resources/door.ts lets them through. */
const [RATE, BURST] = [5, 10]
/** A second, of the whole account: what EC2 gives back of its tokens, and what Parameter Store answers. */
const [EC2, READS] = [20, 40]

/** What a crowd took that it must not take. */
export function tooMuch({ codes, calls, starts, problems, lasted, waited }: Counted): string[] {
  const named = (name: RegExp) => calls.filter((one) => name.test(one.name))
  const through = [...codes].reduce((sum, [code, many]) => (code === 429 ? sum : sum + many), 0)
  const [looks, reads] = [mostASecond(named(/^ec2 /)), mostASecond(named(/^ssm (Get|List)/))]
  const others = waited.filter((one) => one.function !== 'door')
  const [behind, late] = [others.map((one) => one.others), others.map((one) => one.ms)]
  const found: readonly (readonly [string, number, most: number])[] = [
    ['starts', starts, 1],
    ['requests through the throttle', through, BURST + (RATE * lasted) / 1000 + 1],
    ['calls of StartInstances', named(/StartInstances/).length, 1],
    // Each of those that came at once may try to be first.
    ['writes', named(/^ssm (Put|Delete)/).length, BURST + 1],
    ['calls of Route 53', named(/^route53/).length, 0],
    ['calls of EC2 within a second', looks, EC2],
    ['reads of Systems Manager within a second', reads, READS],
    // What came in a burst is through, and nobody of a crowd stands in between.
    ['runs that ended before another function got a place', Math.max(0, ...behind), BURST],
    // Also on a machine that stands still for a while: a run of the door is over in 5 s, and its process has 10 s to start.
    ['milliseconds for which another function waited for a place', Math.max(0, ...late), 16_000],
  ]
  return [...problems, ...found.flatMap(([what, is, most]) => (is > most ? [`${what}: ${is}, at most ${most}`] : []))]
}
