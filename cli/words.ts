// The words of the maintainer's commands, and how such a command ends.
import { parseArgs } from 'node:util'
import { Refused, type Target } from './invoke.ts'

export interface Words extends Target {
  /** What stands without dashes. */
  readonly what: string | undefined
  readonly dryRun: boolean
  readonly evidence: boolean
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
    ...{ local: flag, evidence: flag, help: flag, 'dry-run': flag },
    ...{ stage: { ...word, default: 'prod' }, region: word },
  } as const
  try {
    const { values, positionals } = parseArgs({ args: [...argv], options, allowPositionals: true })
    if (positionals.length > 1) throw new Error(`found ${positionals.join(' ')}, wanted at most one of them`)
    for (const name of ['dry-run', 'evidence'] as const)
      if (values[name] && !usage.includes(`--${name}`)) throw new Error(`--${name}: this command does not know it`)
    const { local, help, evidence, stage, region } = values
    return { local, help, evidence, stage, region, what: positionals[0], dryRun: values['dry-run'] }
  } catch (error) {
    throw new Refused(`${(error as Error).message}\n${usage}`)
  }
}

/** Ends with what `run` returns; 2 for what the person can mend, 1 for what failed. */
export async function command(
  usage: string,
  run: (words: Words) => Promise<number>,
  argv: readonly string[] = process.argv.slice(2),
): Promise<void> {
  try {
    const words = readWords(argv, usage)
    if (words.help) console.log(usage)
    process.exitCode = words.help ? 0 : await run(words)
  } catch (error) {
    warn((error as Error).message)
    process.exitCode = error instanceof Refused ? 2 : 1
  }
}

export const warn = (text: string): void => void process.stderr.write(`${text}\n`)
