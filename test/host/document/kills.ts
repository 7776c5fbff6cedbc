// Kills a run of a document at a moment drawn from a seed, then lets others run: what was served is served, whatever they want, and
// one that ends well leaves the host as one on which nobody was killed.
import { deepStrictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import type { Host } from '../../../local/machine/nspawn/machine.ts'
import { removeSiteDocument } from '../../../resources/documents.ts'
import {
  ask,
  base64,
  CONTAINER,
  configure,
  containers,
  documentOf,
  imageName,
  NAME,
  NO_SITE,
  otherThan,
  type Run,
  remove,
  SERVED,
  sh,
  type Tag,
  tagOn,
  type Values,
} from './bench.ts'
import { setUpByHand } from './by-hand.ts'
import { BY_HAND_STATE, FORGET, SERVED_BY_HAND, STATE, TRACES } from './hosts-of-kills.ts'
import {
  type Course,
  courseOf,
  cutPowerInStart,
  killAt,
  type Moment,
  momentOf,
  type Outcome,
  type Whom,
} from './killer.ts'

/**
 * A first configuration without and with the pull of the image, both ways to another image, a site by hand taken over, one taken off;
 * an image that does not start, and is taken back.
 */
export const KINDS = ['first', 'overlap', 'adopt', 'replace', 'remove', 'broken', 'pull'] as const
export type Kind = (typeof KINDS)[number]

/** What runs next: the same, the site as it was before with another timeout, one that fails at once, one whose image does not start. */
export const NEXT = ['same', 'other', 'fails early', 'fails late'] as const

export interface Kill {
  readonly kind: Kind
  /** Part of the course of an undisturbed run, 0 to 1; or while Docker starts a container, when it has taken its port. */
  readonly at: number | 'start'
  readonly whom: Whom
  readonly next: (typeof NEXT)[number]
}

export type Killed = Kill & Partial<Moment> & Outcome

/** Each kind's course is cut into equal parts, and in each part one moment is drawn from the seed. */
export function drawKills(seed: number, count: number, kinds: readonly Kind[], whom: readonly Whom[]): Kill[] {
  const draws = fc.sample(fc.noBias(fc.nat(9999)), { seed, numRuns: count })
  const rounds = Math.ceil(count / kinds.length)
  return draws.map((draw, index) => {
    const round = Math.floor(index / kinds.length)
    return {
      kind: kinds[index % kinds.length]!,
      at: (round + draw / 10_000) / rounds,
      whom: whom[(index + round) % whom.length]!,
      next: NEXT[(index + Math.floor(round / whom.length)) % NEXT.length]!,
    }
  })
}

const TAGS: readonly Tag[] = ['1.4.0', '1.5.0']

/** For the person who reads a failure. */
const LOOK =
  'docker ps -a --no-trunc; ss -Hltnp; ls -A /var/lib/ragstream-edge/* /etc/nginx/*; tail -n 20 /var/log/ragstream-edge.log'

export class KillBench {
  readonly host: Host
  readonly #courses = new Map<Kind, Course>()
  #undisturbed = ''
  #byHand = ''
  #tag: Tag = '1.4.0'
  /** The host has the site, and nothing else. */
  #configured = false

  constructor(host: Host) {
    this.host = host
  }

  /** One run of each kind that nobody disturbs: how long it takes, in milliseconds, and what it leaves. */
  async measure(kinds: readonly Kind[]): Promise<Readonly<Record<string, number>>> {
    await sh(this.host, `docker pull -q ${imageName('broken')}`)
    for (const kind of new Set(['pull' as const, ...kinds])) {
      const values = await this.#begin(kind)
      this.#courses.set(kind, await courseOf(this.host, documentFor(kind, values), kind === 'broken' ? 1 : 0))
      if (kind === 'pull') this.#undisturbed = await sh(this.host, STATE)
      if (kind !== 'remove') await this.#mustServe(kind, kind)
      await this.#mustBeRight(kind, kind)
    }
    // Both images stay from here on, whatever is forgotten.
    for (const tag of TAGS) await sh(this.host, `docker pull -q ${imageName(tag)}`)
    return Object.fromEntries([...this.#courses].map(([kind, course]) => [kind, course.at(-1) ?? 0]))
  }

  /** Throws where the host is not as it has to be. */
  async kill(kill: Kill): Promise<Killed> {
    const { kind, whom } = kill
    const { values, killed } = kill.at === 'start' ? await this.#cutInStart(kill) : await this.#killAt(kill, kill.at)
    const story = JSON.stringify(killed)
    const loads = await this.host.exec(['nginx', '-t'])
    if (loads.exitCode !== 0) throw new Error(`${story}: nginx does not load: ${loads.stderr}`)
    if (kind === 'overlap' && whom !== 'host') deepStrictEqual(await ask(this.host, NAME), SERVED, story)
    await this.#runNext(kill, values, story)
    if (kind !== 'remove' || kill.next !== 'same') {
      await this.#mustEndWell(await configure(this.host, values), story)
      await this.#mustServe(kind, story)
    }
    if (kind === 'remove') await this.#mustEndWell(await remove(this.host), story)
    await this.#mustBeRight(kind, story)
    return killed
  }

  async #killAt(kill: Kill, at: number): Promise<{ values: Values; killed: Killed }> {
    const { kind, whom } = kill
    let moment = momentOf(this.#courses.get(kind) ?? [], at)
    let values = await this.#begin(kind)
    let outcome = await killAt(this.host, documentFor(kind, values), moment, whom)
    // It was faster than the undisturbed one behind that line: once more, and earlier, at last right behind the line.
    for (let tries = 0; !outcome.alive && tries < 3; tries++) {
      this.#configured = kind === 'overlap' || kind === 'replace' || kind === 'broken'
      moment = { ...moment, afterMs: tries < 2 ? Math.round(moment.afterMs / 3) : 0 }
      values = await this.#begin(kind)
      outcome = await killAt(this.host, documentFor(kind, values), moment, whom)
    }
    return { values, killed: { ...kill, ...moment, ...outcome } }
  }

  async #cutInStart(kill: Kill): Promise<{ values: Values; killed: Killed }> {
    const values = await this.#begin(kill.kind)
    return { values, killed: { ...kill, ...(await cutPowerInStart(this.host, documentFor(kill.kind, values))) } }
  }

  /** Runs with other values, or that fail, before the one that mends. */
  async #runNext({ kind, next, whom }: Kill, values: Values, story: string): Promise<void> {
    const { host } = this
    if (next === 'same') return
    if (next === 'other') {
      const before = kind === 'overlap' || kind === 'replace' ? otherThan(this.#tag) : this.#tag
      await this.#mustEndWell(await configure(host, { ...values, Image: imageName(before), ReadTimeout: '2h' }), story)
    } else {
      const bad: Values =
        next === 'fails early' ? { Env: base64('no line of a variable\n') } : { Image: imageName('broken') }
      const run = await configure(host, { ...values, ...bad })
      if (run.exitCode === 0) throw new Error(`${story}: a run that has to fail: ${run.last}`)
      // Before these there was no site; and of one that is taken off, nothing is promised.
      if (kind === 'first' || kind === 'pull' || kind === 'remove') return
      // The program that was set up by hand starts anew, and after a power cut so does every app: it gets its time.
      if (kind === 'adopt' || whom === 'host') await sh(host, SERVED_BY_HAND)
    }
    const served = await ask(host, NAME)
    if (served !== SERVED) throw new Error(`${story}: found ${served}, wanted ${SERVED}\n${await sh(host, LOOK)}`)
  }

  async #begin(kind: Kind): Promise<Values> {
    const { host } = this
    if (kind === 'first' || kind === 'pull' || kind === 'adopt') {
      await sh(host, FORGET)
      if (kind === 'pull') await sh(host, `docker rmi ${TAGS.map((tag) => imageName(tag)).join(' ')}`)
      if (kind !== 'adopt') return { Image: imageName(this.#tag) }
      await setUpByHand(host)
      await sh(host, 'sync')
      this.#byHand ||= await sh(host, BY_HAND_STATE)
      return { Image: imageName(this.#tag), Adopt: 'true' }
    }
    if (!this.#configured) {
      await sh(host, FORGET)
      await this.#mustEndWell(await configure(host, { Image: imageName(this.#tag) }), kind)
    }
    if (kind === 'remove' || kind === 'broken') return { Image: imageName(this.#tag) }
    this.#tag = otherThan(this.#tag)
    return { Image: imageName(this.#tag), Rollout: kind }
  }

  async #mustEndWell(run: Run, story: string): Promise<void> {
    if (run.exitCode !== 0 || run.stderr !== '')
      throw new Error(
        `${story}: the run after it: ${run.exitCode}\n${run.stderr}${run.lines.join('\n')}\n${await sh(this.host, LOOK)}`,
      )
  }

  async #mustServe(kind: Kind, story: string): Promise<void> {
    const { host } = this
    const found = { story, containers: await containers(host), image: await tagOn(host), served: await ask(host, NAME) }
    const others = kind === 'adopt' ? [`${CONTAINER}_adopted ended`] : []
    const wanted = { story, containers: [`${CONTAINER} runs`, ...others], image: this.#tag, served: SERVED }
    deepStrictEqual(found, wanted)
  }

  async #mustBeRight(kind: Kind, story: string): Promise<void> {
    this.#configured = kind !== 'remove' && kind !== 'adopt'
    if (kind === 'adopt') return this.#mustComeBack(story)
    if (kind === 'remove') return deepStrictEqual({ story, traces: await sh(this.host, TRACES) }, { story, traces: '' })
    const found = { story, state: await sh(this.host, STATE), unknownHost: await ask(this.host, 'other.example.com') }
    deepStrictEqual(found, { story, state: this.#undisturbed, unknownHost: NO_SITE })
  }

  /** What was taken over comes back when the site is taken off, however often a run of it was killed. */
  async #mustComeBack(story: string): Promise<void> {
    await this.#mustEndWell(await remove(this.host), story)
    await sh(this.host, SERVED_BY_HAND)
    const found = { story, state: await sh(this.host, BY_HAND_STATE), served: await ask(this.host, NAME) }
    deepStrictEqual(found, { story, state: this.#byHand, served: SERVED })
  }
}

/** What is killed; of a site that stays, the values are those of the run that mends. */
function documentFor(kind: Kind, values: Values): string {
  if (kind === 'broken') return documentOf({ ...values, Image: imageName('broken'), Rollout: 'replace' })
  return kind === 'remove' ? documentOf(values, removeSiteDocument()) : documentOf(values)
}
