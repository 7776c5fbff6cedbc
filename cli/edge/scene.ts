// The input of a command, and its answer.
import { readChildren } from '../../functions/lib/aws/ssm/parameters.ts'
import { editDistance } from '../../functions/lib/domain/field-error.ts'
import { plainLines } from '../../functions/lib/domain/plain-text.ts'
import { Refused } from '../invoke.ts'

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
  readonly instance?: string
  /** Folder of the site files. */
  readonly sites?: string
  readonly init?: string
  readonly wait?: boolean
  readonly what?: string
  readonly key?: string
  readonly follow?: boolean
  readonly since?: string
  readonly lines?: number
  readonly nginx?: boolean
  readonly service?: boolean
}

export interface Scene {
  readonly stage: string
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

/** The line that a person may type next, aimed as this one was. */
export function line({ words }: Pick<Scene, 'words'>, text: string): string {
  const { local, stage, region } = words
  return ['./edge', text, local && '--local', stage && `--stage ${stage}`, region && `--region ${region}`]
    .filter(Boolean)
    .join(' ')
}

export const pathOf = ({ stage }: Pick<Scene, 'stage'>): string => `/ragstream-edge/${stage}`

export const declaredSites = async (scene: Pick<Scene, 'stage'>): Promise<string[]> =>
  (await readChildren(`${pathOf(scene)}/sites`)).map(({ name }) => name).sort()

/**
 * The declared site that is meant: by its name in any case, and without one where there is but one.
 * @throws Refused that names those there are
 */
export async function chosenSite(scene: Scene): Promise<string> {
  const declared = await declaredSites(scene)
  const word = scene.words.site?.toLowerCase()
  if (word !== undefined && declared.includes(word)) return word
  const only = declared.length === 1 ? declared[0] : undefined
  if (word === undefined && only) return only
  throw new Refused(
    `site: found ${word === undefined ? 'none' : plainLines(word)}, wanted ${wanted(word, declared, scene.stage)}`,
  )
}

/** A word that somebody may have meant. */
export const nearest = (word: string, known: readonly string[]): string | undefined =>
  known.find((name) => word !== '' && editDistance(word, name) <= Math.max(2, word.length / 4))

function wanted(word: string | undefined, declared: readonly string[], stage: string): string {
  if (declared.length === 0) return `a site of stage ${stage}, which declares none: ./edge deploy`
  const near = nearest(word ?? '', declared)
  return near ? `"${near}"?` : `one of stage ${stage}: ${declared.join(', ')}`
}
