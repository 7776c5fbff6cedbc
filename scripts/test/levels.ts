// The levels, and what runs beside what.
import { nspawnAvailable } from '../../local/machine/nspawn/available.ts'
import { DEFAULT_SUITE, SUITES, type Suite } from '../../local/machine/prepare/debian.ts'
import { missingPackages } from '../../local/machine/prepare/packages.ts'
import { prepare } from '../../local/machine/prepare/prepare.ts'
import { packaged, withDoor, withIdle } from '../../local/package.ts'
import { setUpOutside } from '../outside.ts'

export const LEVELS = [
  'unit',
  'documents',
  'property',
  'aws',
  'handlers',
  'stack',
  'fleet',
  'host',
  'debian13',
  'e2e',
  'outside',
  'picture',
] as const
export type Level = (typeof LEVELS)[number]

/** Levels that one run of jest takes, with so many files at a time on two cores. */
export interface Step {
  readonly levels: readonly Level[]
  readonly workers: number
  /** Makes ready what the step needs. @returns why it cannot run */
  readonly prepare?: (onProgress: (text: string) => void) => Promise<string | undefined>
}

export const QUICK: readonly Level[] = ['unit', 'property', 'aws', 'handlers']

/** Thousands of runs of the hosts' programs: 0.2 s of a processor each. */
const folders: Step = { levels: [...QUICK, 'documents'], workers: 3 }
/** The files of these levels mostly wait. */
const cloud: Step = { levels: ['stack', 'e2e', 'fleet'], workers: 6, prepare: packageOnce }
const outside: Step = { levels: ['outside'], workers: 1, prepare: setUpOutside }
const real: Step = { levels: ['host', 'picture'], workers: 3, prepare: machines(DEFAULT_SUITE) }
/** Makes ready the machines for `real`, too. */
const second: Step = { levels: ['debian13'], workers: 2, prepare: machines(...SUITES) }

/**
 * The lanes of one part run side by side, the steps of a lane one after the other; the parts too. Tests poll. On a busy machine each poll
 * delays the program that the test waits for, and three files of `real` keep two cores busy. So it runs after the other levels.
 */
export const PARTS: readonly (readonly (readonly Step[])[])[] = [[[folders, cloud], [second], [outside]], [[real]]]

/** Else each of the files that begin at once would package the stacks. The variants come last: they use the bundles of the project itself. */
async function packageOnce(onProgress: (text: string) => void): Promise<undefined> {
  await packaged(onProgress)
    .then(() => Promise.allSettled([withIdle, withDoor].map((variant) => packaged(undefined, undefined, variant))))
    // If one cannot be packaged, each file that needs it says why.
    .catch(() => {})
  return undefined
}

/** On a fresh machine this takes minutes, most of them waiting. */
function machines(...suites: readonly Suite[]): NonNullable<Step['prepare']> {
  return (onProgress) =>
    prepare({ yes: true, onProgress, suites }).then(
      () => undefined,
      (error: Error) => error.message,
    )
}

export interface Obstacle {
  readonly levels: readonly Level[]
  readonly reason: string
  /** What to type, by distribution. */
  readonly remedies: readonly string[]
}

/** What is known before anything runs. */
export function obstacles(): Obstacle[] {
  const available = nspawnAvailable()
  if (available.ok) return []
  const command = `sudo apt-get install --no-install-recommends ${missingPackages('debian').join(' ')}`
  const remedies = [
    `Debian, Ubuntu: as root; what is missing is then installed, or first: ${command}`,
    'other systems: in a virtual machine with Debian; these levels use its packages, namespaces and systemd-nspawn',
  ]
  return [{ levels: [...real.levels, ...second.levels], reason: available.reason, remedies }]
}
