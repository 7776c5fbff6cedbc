// npm run doctor: is the account ready for the declared sites? Reads only. `-- --init <hostname>` writes a site's file from what it finds.
import { parseArgs } from 'node:util'
import { sitesOfStage } from '../../resources/sites.ts'
import { aimAt, Refused } from '../invoke.ts'
import { ending, warn } from '../words.ts'
import { initSite } from './init.ts'
import { judge } from './judge.ts'
import { judgePorts } from './judge-ports.ts'
import { type Line, note, ok, problem, shown } from './line.ts'
import { look } from './look.ts'

const USAGE = `npm run doctor [-- --stage prod] [--region eu-central-1] [--sites resources/sites]
npm run doctor -- --init <hostname> [--instance i-…] [--image name:tag]
--local: asks the local cloud of npm start -- --keep instead of AWS`

const OPTIONS = {
  stage: { type: 'string', default: 'prod' },
  region: { type: 'string' },
  sites: { type: 'string', default: 'resources/sites' },
  init: { type: 'string' },
  instance: { type: 'string' },
  image: { type: 'string' },
  local: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const

/** @throws Refused that names the word and the usage */
function readWords() {
  try {
    return parseArgs({ options: OPTIONS }).values
  } catch (error) {
    throw new Refused(`${(error as Error).message}\n${USAGE}`)
  }
}

async function main(): Promise<number> {
  const words = readWords()
  if (words.help) {
    console.log(USAGE)
    return 0
  }
  const stage = aimAt({ ...words, region: words.region }, warn)
  const region = process.env.AWS_REGION!
  if (words.init) {
    const { file, text, notes } = await initSite({ ...words, stage, region, hostname: words.init })
    const next = `next: npm run doctor${words.local ? ' -- --local' : ''}`
    console.log([`${file}:`, text, ...notes, next].join('\n'))
    return 0
  }
  const started = performance.now()
  const lines = await examine(words.sites, stage, region)
  for (const line of lines) console.log(shown(line))
  const problems = lines.filter(({ kind }) => kind === 'problem').length
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  console.log(
    problems === 0 ? `\nready, as far as it can be seen (${seconds} s)` : `\n${problems} to mend (${seconds} s)`,
  )
  return problems > 0 ? 1 : 0
}

async function examine(folder: string, stage: string, region: string): Promise<Line[]> {
  try {
    const sites = sitesOfStage(folder, stage).map(({ site }) => site)
    if (sites.length === 0)
      return [
        problem(
          'site files',
          `there is none for stage ${stage}`,
          'npm run doctor -- --init <hostname> writes one from your zone and instance',
        ),
      ]
    const files = ok(
      'site files',
      `${sites.map(({ hostname }) => hostname).join(', ')} (stage ${stage}, region ${region})`,
    )
    const facts = await look(sites, stage, region)
    return merged([files, ...facts.flatMap(judge), ...judgePorts(facts)])
  } catch (error) {
    return [problem('site files', (error as Error).message, 'put each field right; docs/site.md lists them all')]
  }
}

/** Many sites share a zone or a host: each line once. Without credentials every line says so: once. */
function merged(lines: readonly Line[]): Line[] {
  const refused = lines.find(({ says }) => says.startsWith('no credentials'))
  if (refused)
    return [
      lines[0]!,
      { ...refused, subject: 'credentials' },
      note('the rest', 'was not looked at', 'run the doctor again'),
    ]
  return [...new Map(lines.map((line) => [shown(line), line])).values()]
}

await ending(main)
