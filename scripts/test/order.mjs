// The order in which jest starts files: what somebody changed first, then those that take longest, so that the last one does not run
// alone. How long a file takes is known from the last run on this machine; before that, from this list.
import { readFileSync } from 'node:fs'
import { relative } from 'node:path'

/** Seconds on two cores, of files that take more than ten. */
const SECONDS = {
  host: {
    killed: 220,
    tls: 100,
    load: 180,
    sites: 180,
    'hand-made': 110,
    metadata: 110,
    rollout: 90,
    ending: 80,
    image: 80,
    remove: 80,
    gate: 75,
    default: 70,
    squatter: 65,
    meanwhile: 60,
    clock: 60,
    bare: 50,
    'in-the-way': 50,
    failures: 50,
    limits: 50,
  },
  picture: {
    life: 175,
    signatures: 110,
    diagnose: 80,
    https: 80,
    idle: 60,
    'other-apps': 60,
    'door-page': 50,
    return: 50,
  },
  stack: {
    commands: 150,
    smoke: 80,
    idle: 70,
    doctor: 60,
    outcome: 60,
    calls: 60,
    certificate: 60,
    bundles: 50,
    door: 45,
    trouble: 40,
    'dns-role': 40,
  },
  fleet: { fleet: 35 },
  e2e: { interrupted: 125, rendered: 105, pages: 100 },
  documents: { bounded: 110, 'remove-site': 70, 'configure-host-killed': 60, hostile: 50 },
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
      const [, level, name] = /^test\/(\w+)\/(?:.*\/)?(.+?)(?:\.long)?\.test\.ts$/.exec(file) ?? []
      return times[file] ?? SECONDS[level]?.[name] ?? 1
    }
    const first = ({ path }) => (changed.has(path) ? 0 : 1)
    return [...tests].sort((a, b) => first(a) - first(b) || seconds(b) - seconds(a) || (a.path < b.path ? -1 : 1))
  }

  cacheResults() {}
}
