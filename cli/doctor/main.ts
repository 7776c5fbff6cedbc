// ./edge doctor: is the account ready for the declared sites? Reads only. ./edge init writes a site's file from what it finds.
import { sitesOfStage } from '../../resources/sites.ts'
import { hasColour } from '../edge/paper.ts'
import { type Answer, line, type Scene } from '../edge/scene.ts'
import { Refused } from '../invoke.ts'
import { concurrency } from './account.ts'
import { initSite } from './init.ts'
import { judge } from './judge.ts'
import { judgeConcurrency } from './judge-account.ts'
import { judgeOwnRoles } from './judge-hosts.ts'
import { judgePorts } from './judge-ports.ts'
import { type Line, note, ok, problem, shown } from './line.ts'
import { look, reading } from './look.ts'

const SITES = 'resources/sites'

export async function init(scene: Scene): Promise<Answer> {
  const { hostname = '', sites = SITES, instance, image } = scene.words
  if (!/^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]+$/i.test(hostname))
    throw new Refused(`hostname: found ${JSON.stringify(hostname)}, wanted a DNS name such as app.example.com`)
  const wish = { hostname, sites, instance, image, stage: scene.stage, region: process.env.AWS_REGION! }
  const { file, text, notes } = await initSite(wish)
  const screen = [`${file}:`, text, ...notes, `next: ${line(scene, 'doctor')}`]
  return { code: 0, screen, value: { file, site: JSON.parse(text), notes } }
}

export async function doctor(scene: Scene): Promise<Answer> {
  const { words, stage } = scene
  if (words.init) return init({ ...scene, words: { ...words, hostname: words.init } })
  const started = performance.now()
  const lines = await examine(words.sites ?? SITES, stage, process.env.AWS_REGION!)
  const problems = lines.filter(({ kind }) => kind === 'problem').length
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  const last = problems === 0 ? `ready, as far as it can be seen (${seconds} s)` : `${problems} to mend (${seconds} s)`
  return { code: problems > 0 ? 1 : 0, screen: [...lines.map(painted), '', last], value: { problems, lines } }
}

const COLOUR = { ok: '32', problem: '31', note: '33' } as const

/** Its mark in colour. */
function painted(line: Line): string {
  const [, mark = '', rest = ''] = /^(\S+)([\s\S]*)$/.exec(shown(line)) ?? []
  return hasColour(process.stdout) ? `\x1b[${COLOUR[line.kind]}m${mark}\x1b[0m${rest}` : shown(line)
}

async function examine(folder: string, stage: string, region: string): Promise<Line[]> {
  try {
    const sites = sitesOfStage(folder, stage).map(({ site }) => site)
    if (sites.length === 0)
      return [
        problem(
          'site files',
          `there is none for stage ${stage}`,
          './edge init <hostname> writes one from your zone and instance',
        ),
      ]
    const files = ok(
      'site files',
      `${sites.map(({ hostname }) => hostname).join(', ')} (stage ${stage}, region ${region})`,
    )
    const [facts, atOnce] = await Promise.all([look(sites, stage, region), reading(concurrency(region))])
    return merged([
      files,
      ...facts.flatMap(judgeOwnRoles),
      ...facts.flatMap(judge),
      ...judgePorts(facts),
      judgeConcurrency(atOnce, region),
    ])
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
