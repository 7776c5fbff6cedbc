// ./edge doctor: is the account ready for the declared sites? Reads only. ./edge init writes a site's file from what it finds.
import type { Site } from '../../functions/lib/domain/site.ts'
import { sitesOfStage } from '../../resources/sites.ts'
import { hasColour } from '../edge/paper.ts'
import { type Answer, aimedLike, line, type Scene } from '../edge/scene.ts'
import { doorAddress } from '../site/door.ts'
import { concurrency } from './account.ts'
import { bindRegion, initSite } from './init.ts'
import { judge } from './judge.ts'
import { judgeConcurrency, mostAtOnce } from './judge-account.ts'
import { judgeOwnRoles } from './judge-hosts.ts'
import { judgePorts } from './judge-ports.ts'
import { judgeRegion } from './judge-region.ts'
import { type Line, note, ok, problem, shown, unread } from './line.ts'
import { look } from './look.ts'
import { type Read, reading } from './reading.ts'

const SITES = 'resources/sites'

export async function init(scene: Scene): Promise<Answer> {
  const { hostname = '', sites = SITES, instance, image, idle } = scene.words
  const wish = { hostname, sites, instance, image, idle, stage: scene.stage, region: scene.region }
  const { file, text, notes } = await initSite(wish)
  if (scene.regions) bindRegion(scene.regions)
  const screen = [`${file}:`, text, ...notes, `next: ${line(scene, 'doctor')}`]
  return { code: 0, screen, value: { file, site: JSON.parse(text), notes } }
}

export async function doctor(scene: Scene): Promise<Answer> {
  const { words } = scene
  if (words.init) return init({ ...scene, words: { ...words, hostname: words.init } })
  const started = performance.now()
  const lines = (await examine(words.sites ?? SITES, scene)).map((one) => aimedLine(scene, one))
  const problems = lines.filter(({ kind }) => kind === 'problem').length
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  const last = problems === 0 ? `ready, as far as it can be seen (${seconds} s)` : `${problems} to mend (${seconds} s)`
  return { code: problems > 0 ? 1 : 0, screen: [...lines.map(painted), '', last], value: { problems, lines } }
}

const aimedLine = (scene: Scene, one: Line): Line =>
  one.fix === undefined ? one : { ...one, fix: aimedLike(scene, one.fix) }

const COLOUR = { ok: '32', problem: '31', note: '33' } as const

/** Its mark in colour. */
function painted(line: Line): string {
  const [, mark = '', rest = ''] = /^(\S+)([\s\S]*)$/.exec(shown(line)) ?? []
  return hasColour(process.stdout) ? `\x1b[${COLOUR[line.kind]}m${mark}\x1b[0m${rest}` : shown(line)
}

async function examine(folder: string, { stage, region, regions }: Scene): Promise<Line[]> {
  try {
    const sites = sitesOfStage(folder, stage).map(({ site }) => site)
    if (sites.length === 0)
      return [
        problem(
          'site files',
          `there is none for stage ${stage}`,
          './edge init <hostname> <target> writes one from your zone and instance',
        ),
      ]
    const files = ok(
      'site files',
      `${sites.map(({ hostname }) => hostname).join(', ')} (stage ${stage}, region ${region})`,
    )
    const [facts, atOnce, address] = await Promise.all([
      look(sites, stage, region),
      reading(concurrency(region)),
      sites.some(({ door }) => door !== null) ? reading(doorAddress({ stage })) : undefined,
    ])
    return merged([
      files,
      ...facts.flatMap(judgeOwnRoles),
      ...(regions ? judgeRegion(stage, regions) : []),
      ...facts.flatMap(judge),
      ...judgePorts(facts),
      judgeConcurrency(atOnce, region, mostAtOnce(sites)),
      ...(address ? doorLines(sites, address) : []),
    ])
  } catch (error) {
    return [problem('site files', (error as Error).message, 'put each field right; docs/site.md lists them all')]
  }
}

function doorLines(sites: readonly Site[], read: Read<string | undefined>): Line[] {
  if ('error' in read) return [unread('door', read.error, 'ssm:GetParametersByPath')]
  const address = read.value
  if (address === undefined) return [note('door', 'it has no address before a deploy', './edge deploy <target>')]
  return sites.flatMap(({ door, hostname }) => (door ? [ok('door', `${address}/${hostname}`)] : []))
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
