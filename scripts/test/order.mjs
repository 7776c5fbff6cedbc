// The order in which jest starts files: what somebody changed first, then those that take longest, so that the last one does not run
// alone. How long a file takes is known from the last run on this machine; before that, from this list.
import { readFileSync } from 'node:fs'
import { relative } from 'node:path'

/** Seconds on two cores, of files that take more than ten. */
const SECONDS = {
  host: {
    killed: 140,
    load: 120,
    metadata: 100,
    rollout: 80,
    ending: 80,
    tls: 80,
    meanwhile: 60,
    default: 60,
    remove: 60,
  },
  picture: { https: 60, life: 60, diagnose: 60, arrows: 40, signatures: 40 },
  stack: {
    certificate: 60,
    trouble: 50,
    smoke: 50,
    outcome: 40,
    doctor: 40,
    'dns-role': 30,
    'first-deploy': 20,
    calls: 20,
  },
  e2e: { rendered: 60 },
  documents: { hostile: 30, 'configure-host-killed': 30, bounded: 25, 'remove-site': 15, 'hostile-accepted': 15 },
}

const known = () => {
  try {
    return JSON.parse(readFileSync(process.env.TESTS_TIMES, 'utf8')).files
  } catch {
    return {}
  }
}

export default class Order {
  sort(tests) {
    const times = known()
    const changed = new Set((process.env.TESTS_FIRST ?? '').split('\n'))
    const seconds = ({ path }) => {
      const file = relative(process.cwd(), path)
      const [, level, name] = /^test\/(\w+)\/(?:.*\/)?(.+)\.test\.ts$/.exec(file) ?? []
      return times[file] ?? SECONDS[level]?.[name] ?? 1
    }
    const first = ({ path }) => (changed.has(path) ? 0 : 1)
    return [...tests].sort((a, b) => first(a) - first(b) || seconds(b) - seconds(a) || (a.path < b.path ? -1 : 1))
  }

  cacheResults() {}
}
