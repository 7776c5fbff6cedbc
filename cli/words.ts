// The words of the maintainer's commands, and how such a command ends.

import { parseArgs } from 'node:util'
import { plainLines } from '../functions/lib/domain/plain-text.ts'
import { LOG_IN, lacksCredentials } from './credentials.ts'
import { type Aim, Refused } from './invoke.ts'

export interface Words extends Aim {
  /** What stands without dashes. */
  readonly what: string | undefined
  readonly dryRun: boolean
  readonly evidence: boolean
  readonly yes: boolean
  /** Seconds. */
  readonly patience: number
  readonly help: boolean
}

/** For every usage. */
export const TARGET = `  --local      the local cloud of npm start -- --keep, instead of AWS
  --stage      prod is the default; --region: AWS_REGION, else eu-central-1`

/** @throws Refused that names the word and the usage */
export function readWords(argv: readonly string[], usage: string): Words {
  const flag = { type: 'boolean', default: false } as const
  const word = { type: 'string' } as const
  const options = {
    ...{ local: flag, evidence: flag, help: flag, yes: flag, 'dry-run': flag },
    ...{ stage: { ...word, default: 'prod' }, region: word, patience: word },
  } as const
  try {
    const { values, positionals } = parseArgs({ args: [...argv], options, allowPositionals: true })
    if (positionals.length > 1) throw new Error(`found ${positionals.join(' ')}, wanted at most one of them`)
    for (const name of ['dry-run', 'evidence', 'yes', 'patience'] as const)
      if (values[name] !== undefined && values[name] !== false && !usage.includes(`--${name}`))
        throw new Error(`--${name}: this command does not know it`)
    const { 'dry-run': dryRun, patience, ...others } = values
    return { ...others, region: values.region, what: positionals[0], dryRun, patience: seconds(patience) }
  } catch (error) {
    throw new Refused(`${(error as Error).message}\n${usage}`)
  }
}

/** Ten minutes where nothing is said: an agent can take minutes to register. */
function seconds(word = '600'): number {
  if (!/^[1-9]\d{0,4}$/.test(word)) throw new Error(`--patience: found ${word}, wanted whole seconds from 1`)
  return Number(word)
}

export const command = (
  usage: string,
  run: (words: Words) => Promise<number>,
  argv: readonly string[] = process.argv.slice(2),
): Promise<void> =>
  ending(async () => {
    const words = readWords(argv, usage)
    if (words.help) console.log(usage)
    return words.help ? 0 : run(words)
  })

/** Ends the process with what `run` returns; 2 for what the person can mend, 1 for what failed. */
export async function ending(run: () => Promise<number>): Promise<void> {
  try {
    process.exitCode = await run()
  } catch (error) {
    const unknown = lacksCredentials(error as Error)
    warn(`${(error as Error).message}${unknown ? `\n${LOG_IN}` : ''}`)
    process.exitCode = unknown || error instanceof Refused ? 2 : 1
  }
}

export { plainLines }

export const warn = (text: string): void => void process.stderr.write(`${plainLines(text)}\n`)
