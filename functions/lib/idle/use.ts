// Whether looks at a host show use: sessions of visitors, work of the machine, people on it.
import { mismatch, type SeenUse, type UseLook } from './look.ts'
import type { Terms } from './terms.ts'

interface Found {
  readonly action: 'keep' | 'unknown'
  readonly reason: string
}

/** Bytes a second over the networks of the containers. Health checks of this service stay far below. */
const BUSY_NETWORK = 50_000

/** Percent. */
const BUSY_GPU = 5

interface Known {
  /** A site was live since the start. False: where nginx does not answer, nobody can have come. Undefined: nobody has asked yet. */
  readonly live: boolean | undefined
  /** Milliseconds. */
  readonly minute: number
}

/** Undefined: these looks show no use. */
export function useIn(seen: readonly SeenUse[], terms: Terms, known: Known): Found | undefined {
  const used = seen.map(({ look }) => useNow(look, terms, known)).find(Boolean)
  if (used) return used
  const [first, second] = seen
  return first && second ? between(first, second, terms) : undefined
}

const keep = (reason: string): Found => ({ action: 'keep', reason })

function useNow({ nginx, gpu, people }: UseLook, { stopAfter }: Terms, { live, minute }: Known): Found | undefined {
  if (people > 0) return keep(`${people} ${people === 1 ? 'person is' : 'people are'} logged in on the host`)
  if (gpu !== null && gpu >= BUSY_GPU) return keep(`its GPU works at ${gpu} %`)
  if (nginx === null && live === true)
    return { action: 'unknown', reason: 'nobody knows whether it is used: nginx does not answer on the host' }
  if (nginx === null) return undefined
  if (nginx.sessions > 0) return keep(`${nginx.sessions} ${nginx.sessions === 1 ? 'session is' : 'sessions are'} open`)
  if (nginx.quiet * 1000 < stopAfter)
    return keep(`used until at most ${Math.floor((nginx.quiet * 1000) / minute)} of ${stopAfter / minute} minutes ago`)
  return undefined
}

function between(first: SeenUse, second: SeenUse, { cpu }: Terms): Found | undefined {
  const wrong = mismatch(first, second)
  if (wrong) return { action: 'unknown', reason: `nobody knows whether it is used: ${wrong}` }
  const seconds = second.look.uptime - first.look.uptime
  const percent = ((second.look.cpuSeconds - first.look.cpuSeconds) / seconds) * 100
  if (!(percent < cpu)) return keep(`the host computes: ${percent.toFixed(0)} % of a core, wanted less than ${cpu}`)
  const bytes = (second.look.networkBytes - first.look.networkBytes) / seconds
  if (!(bytes < BUSY_NETWORK)) return keep(`its containers move ${Math.round(bytes / 1000)} kB a second`)
  return undefined
}
