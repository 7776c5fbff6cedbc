// Kills a run of the document at a moment drawn from a seed, then lets one run mend the host: what is there afterwards is
// compared with a host on which nobody was killed.
import { deepStrictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import type { Host } from '../../../local/machine/nspawn/machine.ts'
import { imageName } from '../../../local/machine/prepare/app-image.ts'
import {
  ask,
  CONTAINER,
  configure,
  containers,
  documentOf,
  NAME,
  NO_SITE,
  otherThan,
  SERVED,
  sh,
  type Tag,
  tagOn,
  type Values,
} from './bench.ts'

/** A first configuration without and with the pull of the image, and both ways to another image. */
export type Kind = 'first' | 'pull' | 'overlap' | 'replace'

export interface Kill {
  readonly kind: Kind
  /** Part of the duration of an undisturbed run, 0 to 1. */
  readonly at: number
  /** All processes of the run (an agent's time limit), the shell alone (out of memory), or the whole host. */
  readonly whom: 'all' | 'shell' | 'host'
}

export interface Killed extends Kill {
  readonly afterMs: number
  /** False: the run had ended before. */
  readonly alive: boolean
  /** The last line that it printed. */
  readonly said: string
}

/** Each kind's duration is cut into equal parts, and in each part one moment is drawn from the seed. */
export function drawKills(seed: number, count: number, kinds: readonly Kind[], whom: readonly Kill['whom'][]): Kill[] {
  const draws = fc.sample(fc.noBias(fc.nat(9999)), { seed, numRuns: count })
  const rounds = Math.ceil(count / kinds.length)
  return draws.map((draw, index) => {
    const kind = kinds[index % kinds.length]!
    const round = Math.floor(index / kinds.length)
    return { kind, at: (round + draw / 10_000) / rounds, whom: whom[(index + round) % whom.length]! }
  })
}

const TAGS: readonly Tag[] = ['1.4.0', '1.5.0']

/** As if nobody had ever run the document here. */
const FORGET = `docker ps -aq | xargs -r docker rm -f; docker network rm ragstream-edge
  iptables -t raw -F; systemctl disable ragstream-edge-metadata; rm -f /etc/systemd/system/ragstream-edge-metadata.service
  rm -rf /var/lib/ragstream-edge /etc/nginx/conf.d/*; ln -sf ../sites-available/default /etc/nginx/sites-enabled/default
  systemctl reload nginx; sync`

/** Every file that the document may write, and the container; but not how the registry answered and what the run said. */
const STATE = `find /etc/nginx /var/lib/ragstream-edge /etc/systemd/system ! -type d ! -name 'pull*' ! -name last | sort | while read -r file; do
    stat -c '%n %A %N' "$file"; [ -L "$file" ] || sha256sum <"$file"; done; ls -A /var/lib/ragstream-edge/*
  docker inspect --format '{{.Name}} {{.HostConfig.PortBindings}} {{.HostConfig.RestartPolicy}} {{.HostConfig.NetworkMode}}' ${CONTAINER}`

/** For the person who reads a failure. */
const LOOK =
  'docker ps -a --no-trunc; ss -Hltnp; ls -A /var/lib/ragstream-edge/*; tail -n 20 /var/log/ragstream-edge.log'

export class KillBench {
  readonly host: Host
  readonly #durations = new Map<Kind, number>()
  #undisturbed = ''
  #tag: Tag = '1.4.0'

  constructor(host: Host) {
    this.host = host
  }

  /** One run of each kind that nobody disturbs: how long it takes, and what it leaves. */
  async measure(kinds: readonly Kind[]): Promise<ReadonlyMap<Kind, number>> {
    for (const kind of new Set(['pull' as const, ...kinds])) {
      const values = await this.#begin(kind)
      const started = Date.now()
      await this.#mustEndWell(values, [kind])
      this.#durations.set(kind, Date.now() - started)
      this.#undisturbed ||= await sh(this.host, STATE)
      await this.#mustBeRight([kind])
    }
    // Both images stay from here on, whatever is forgotten.
    for (const tag of TAGS) await sh(this.host, `docker pull -q ${imageName(tag)}`)
    return this.#durations
  }

  /** Throws where the host is not as if nobody had been killed. */
  async kill(kill: Kill): Promise<Killed> {
    const values = await this.#begin(kill.kind)
    const afterMs = Math.round(kill.at * (this.#durations.get(kill.kind) ?? 0))
    const { alive, said } = await this.#runAndKill(values, afterMs, kill.whom)
    const killed = { ...kill, afterMs, alive, said }
    const story = [JSON.stringify(killed)]
    const loads = await this.host.exec(['nginx', '-t'])
    if (loads.exitCode !== 0) throw new Error(`${story}: nginx does not load: ${loads.stderr}`)
    if (kill.kind === 'overlap' && kill.whom !== 'host') deepStrictEqual(await ask(this.host, NAME), SERVED, story[0])
    await this.#mustEndWell(values, story)
    await this.#mustBeRight(story)
    return killed
  }

  async #begin(kind: Kind): Promise<Values> {
    if (kind === 'overlap' || kind === 'replace') {
      this.#tag = otherThan(this.#tag)
      return { Image: imageName(this.#tag), Rollout: kind }
    }
    await sh(this.host, FORGET)
    if (kind === 'pull') await sh(this.host, `docker rmi ${TAGS.map((tag) => imageName(tag)).join(' ')}`)
    return { Image: imageName(this.#tag) }
  }

  async #runAndKill(values: Values, afterMs: number, whom: Kill['whom']): Promise<{ alive: boolean; said: string }> {
    const { host } = this
    await sh(host, 'cat >/root/document', documentOf(values))
    const script = `setsid bash /root/document >/root/said 2>&1 & run=$!
      sleep ${(afterMs / 1000).toFixed(3)}; ${whom === 'host' ? 'sync; echo now; exec sleep 60' : `kill -KILL ${whom === 'all' ? '-- -' : ''}$run`}
      wait $run; echo $?`
    if (whom === 'host') return this.#cutPower(script)
    const status = (await host.exec(['bash', '-c', script])).stdout.trim()
    return { alive: status === '137', said: (await sh(host, 'tail -n 1 /root/said')).trim() }
  }

  async #cutPower(script: string): Promise<{ alive: boolean; said: string }> {
    const { host } = this
    const moment = Promise.withResolvers<void>()
    const running = host.exec(['bash', '-c', script], { onOutput: () => moment.resolve() })
    await moment.promise
    await host.cutPower()
    await running
    await host.boot()
    const said = (await sh(host, 'tail -n 1 /root/said')).trim()
    return { alive: !said.startsWith('step=done'), said }
  }

  async #mustEndWell(values: Values, story: readonly string[]): Promise<void> {
    const run = await configure(this.host, values)
    if (run.exitCode !== 0 || run.stderr !== '')
      throw new Error(
        `${story}: the run after it: ${run.exitCode}\n${run.stderr}${run.lines.join('\n')}\n${await sh(this.host, LOOK)}`,
      )
  }

  async #mustBeRight(story: readonly string[]): Promise<void> {
    const { host } = this
    const found = {
      story,
      state: await sh(host, STATE),
      containers: await containers(host),
      image: await tagOn(host),
      served: await ask(host, NAME),
      unknownHost: await ask(host, 'other.example.com'),
    }
    deepStrictEqual(found, {
      story,
      state: this.#undisturbed,
      containers: [`${CONTAINER} runs`],
      image: this.#tag,
      served: SERVED,
      unknownHost: NO_SITE,
    })
  }
}
