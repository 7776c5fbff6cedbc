// npm run doctor: is the account ready for the declared sites? Reads only. `-- --init <hostname>` writes a site's file from what it finds.
import { parseArgs } from 'node:util'
import { sitesOfStage } from '../../resources/sites.ts'
import { credentialsFor, findRunning } from '../running.ts'
import { initSite } from './init.ts'
import { judge } from './judge.ts'
import { judgePorts } from './judge-ports.ts'
import { type Line, note, ok, problem, shown } from './line.ts'
import { look } from './look.ts'

const USAGE = `npm run doctor [-- --stage prod] [--region eu-central-1] [--sites resources/sites]
npm run doctor -- --init <hostname> [--instance i-…] [--image name:tag]
--local: asks the local cloud of npm start -- --keep instead of AWS`

const { values } = parseArgs({
  options: {
    stage: { type: 'string', default: 'prod' },
    region: { type: 'string', default: process.env.AWS_REGION || 'eu-central-1' },
    sites: { type: 'string', default: 'resources/sites' },
    init: { type: 'string' },
    instance: { type: 'string' },
    image: { type: 'string' },
    local: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

async function main(): Promise<void> {
  if (values.help) return console.log(USAGE)
  if (values.local) askLocalCloud()
  // The adapters shared with the functions find their region here.
  process.env.AWS_REGION = values.region
  if (values.init) {
    const { file, text, notes } = await initSite({ ...values, hostname: values.init })
    const next = `next: npm run doctor${values.local ? ' -- --local' : ''}`
    return console.log([`${file}:`, text, ...notes, next].join('\n'))
  }
  const started = performance.now()
  const lines = await examine()
  for (const line of lines) console.log(shown(line))
  const problems = lines.filter(({ kind }) => kind === 'problem').length
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  console.log(
    problems === 0 ? `\nready, as far as it can be seen (${seconds} s)` : `\n${problems} to mend (${seconds} s)`,
  )
  process.exitCode = problems > 0 ? 1 : 0
}

/** Every client and the resolver find it in the environment. */
function askLocalCloud(): void {
  const [cloud] = findRunning().running
  if (!cloud) throw new Error('no local cloud runs on this machine: start one with npm start -- --keep')
  const { endpoint, region, nameServer } = cloud
  Object.assign(process.env, { AWS_ENDPOINT_URL: endpoint, ...credentialsFor(cloud) })
  delete process.env.AWS_PROFILE
  if (nameServer) process.env.RESOLVERS = nameServer
  values.region = region
}

async function examine(): Promise<Line[]> {
  const { stage, region } = values
  try {
    const sites = sitesOfStage(values.sites, stage).map(({ site }) => site)
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

await main().catch((error: Error) => {
  console.error(error.message)
  process.exitCode = 1
})
