// The input of a command, and its answer.
import { readChildren } from '../../functions/lib/aws/ssm/parameters.ts'
import { editDistance } from '../../functions/lib/domain/field-error.ts'
import { plainLines } from '../../functions/lib/domain/plain-text.ts'
import { aimed, targetOf } from '../../functions/lib/steps/place.ts'
import { type Aimed, Refused } from '../invoke.ts'

/** Words of a command line, those of every command together. */
export interface Words {
  readonly site?: string
  readonly image?: string
  readonly hostname?: string
  readonly stage?: string
  readonly region?: string
  readonly local?: boolean
  readonly json?: boolean
  readonly yes?: boolean
  readonly all?: boolean
  readonly dryRun?: boolean
  readonly evidence?: boolean
  /** Seconds. */
  readonly patience?: number
  /** Minutes. */
  readonly for?: number
  readonly instance?: string
  /** Folder of the site files. */
  readonly sites?: string
  readonly init?: string
  /** `idle.stopAfter` of a new site. */
  readonly idle?: string
  readonly wait?: boolean
  readonly what?: string
  readonly key?: string
  readonly follow?: boolean
  readonly since?: string
  readonly lines?: number
  readonly nginx?: boolean
  readonly service?: boolean
  readonly functions?: boolean
}

export interface Scene extends Aimed {
  readonly words: Words
  readonly json: boolean
  /** A line of what happens now; none with --json. */
  tell(line: string): void
}

export interface Answer {
  /** 0: as wanted, 1: not so, 2: a word that the person can mend. */
  readonly code: number
  readonly screen?: readonly string[]
  /** Without `command` and `code`, which every answer by --json has. */
  readonly value?: object
}

export type Run = (scene: Scene) => Promise<Answer>

type Typed = Pick<Scene, 'stage' | 'region' | 'words'>

/** The line that a person may type next, aimed as this one was. */
export const line = (scene: Typed, text: string): string => `./edge ${text} ${targetIn(scene)}`

const targetIn = (scene: Typed): string => (scene.words.local ? '--local' : targetOf(scene))

/** A text with commands in it: `<target>` and `<region>` become those of this one. */
export const aimedLike = (scene: Typed, text: string): string =>
  aimed(text.replaceAll('<target>', targetIn(scene)), scene)

export const pathOf = ({ stage }: Pick<Scene, 'stage'>): string => `/ragstream-edge/${stage}`

export const declaredSites = async (scene: Pick<Scene, 'stage'>): Promise<string[]> =>
  (await readChildren(`${pathOf(scene)}/sites`)).map(({ name }) => name).sort()

/**
 * The declared site that is meant: by its name in any case, and without one where there is but one.
 * @throws Refused that names those there are
 */
export async function chosenSite(scene: Scene, typed = scene.words.site): Promise<string> {
  const declared = await declaredSites(scene)
  const word = typed?.toLowerCase()
  if (word !== undefined && declared.includes(word)) return word
  const only = declared.length === 1 ? declared[0] : undefined
  if (word === undefined && only) return only
  throw new Refused(
    `site: found ${word === undefined ? 'none' : plainLines(word)}, wanted ${wanted(word, declared, scene)}`,
  )
}

/** A word that somebody may have meant. */
export const nearest = (word: string, known: readonly string[]): string | undefined =>
  known.find((name) => word !== '' && editDistance(word, name) <= Math.max(2, word.length / 4))

function wanted(word: string | undefined, declared: readonly string[], scene: Scene): string {
  const { stage, region } = scene
  if (declared.length === 0)
    return `a site of stage ${stage}, which declares none in ${region}: ${line(scene, 'deploy')}`
  const near = nearest(word ?? '', declared)
  return near ? `"${near}"?` : `one of stage ${stage}: ${declared.join(', ')}`
}
