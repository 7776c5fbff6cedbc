// ./edge smoke: stop, start, live, diagnose in an account, with the timeline. Asks before it touches anything.
import { diagnosed } from './diagnose.ts'
import { diagnosisScreen } from './diagnosis.ts'
import { agree } from './edge/ask.ts'
import { warn } from './edge/end.ts'
import { paper } from './edge/paper.ts'
import { type Answer, aimedLike, chosenSite, line, type Scene } from './edge/scene.ts'
import { firstHourBlock } from './first-hour/block.ts'
import { lookBack } from './first-hour/look-back.ts'
import { type Watched, watchStart } from './first-hour/watch.ts'
import { Refused } from './invoke.ts'
import { documentOf, readDeclared, resolved, siteIn } from './site/read.ts'
import { follow, hostsOf, rest, switchPower, type Tell, timeline } from './site-power.ts'
import { planSmoke, type SmokePlan } from './smoke-plan.ts'

const TURNS = { down: ['stop', 'asleep'], up: ['start', 'live'] } as const

export async function smoke(scene: Scene): Promise<Answer> {
  const { stage } = scene
  const hostname = await chosenSite(scene)
  const plan = planSmoke(hostname, await hostsOf(hostname, stage))
  if (typeof plan === 'string') throw new Refused(aimedLike(scene, plan))
  for (const text of [`${hostname}, stage ${stage}, ${where(scene)}:`, ...plan.words])
    scene.tell(aimedLike(scene, text))
  await agree(scene.words.yes)
  return run(scene, { hostname, stage, patience: scene.words.patience ?? 600, plan })
}

function where({ words, region }: Scene): string {
  if (words.local) return 'the local cloud'
  const { AWS_PROFILE } = process.env
  return `${region}${AWS_PROFILE ? `, as ${AWS_PROFILE}` : ''}`
}

interface Run {
  readonly hostname: string
  readonly stage: string
  readonly patience: number
  readonly plan: SmokePlan
}

/** What was stopped is started again, whatever the look in between said, and once EC2 has ended the stop. */
async function run(scene: Scene, { plan, ...site }: Run): Promise<Answer> {
  const tell = timeline(scene.tell)
  process.once('SIGINT', () => {
    warn(`interrupted: ${plan.start.join(', ')} may be stopped now: ${line(scene, `up ${site.hostname}`)}`)
    process.exit(130)
  })
  const watched = await toWatch(scene, site.hostname, plan.start[0]!)
  const asleep = plan.stop.length === 0 ? undefined : await turn('down', plan.stop, site, tell)
  const startedAt = Date.now()
  const seen = watched && watchStart(watched)
  const live = await turn('up', plan.start, site, tell)
  const last = await diagnosed(scene, site.hostname)
  const turns = [...(asleep ? [asleep] : []), live]
  const answers = watched && { ...(await seen!()), ...(await lookBack(watched, startedAt)) }
  const block = firstHourBlock(answers ?? {}, { region: scene.region, turns: turns.map(({ says }) => says).join(', ') })
  const screen = ['', ...diagnosisScreen(last, { ...paper(), evidence: true }), '', ...block, '']
  const missed = turns.find(({ trouble }) => trouble !== undefined)
  const value = { site: site.hostname, turns, diagnosis: last, firstHour: answers }
  if (!missed && last.verdict === 'live')
    return { code: 0, screen: [...screen, `SMOKE ok: ${turns.map(({ says }) => says).join(', ')}`], value }
  const why = last.verdict === 'live' ? missed?.trouble : last.sentence
  return { code: 1, screen: [...screen, `SMOKE failed: ${missed ? `${missed.says}: ` : ''}${why}`], value }
}

/** Undefined where the person may not read so much: the run itself takes fewer rights. */
async function toWatch(scene: Scene, hostname: string, instance: string): Promise<Watched | undefined> {
  try {
    const site = siteIn(resolved(await readDeclared(scene)), hostname)
    return { site, stage: scene.stage, instance, document: await documentOf(scene, 'ConfigureHost') }
  } catch (error) {
    scene.tell(`the start is not watched: ${(error as Error).message}`)
    return undefined
  }
}

interface Turned {
  readonly says: string
  /** Missing: it ended as wanted. */
  readonly trouble?: string
}

async function turn(way: 'up' | 'down', ids: readonly string[], site: Omit<Run, 'plan'>, tell: Tell): Promise<Turned> {
  const [act, ends] = TURNS[way]
  const since = performance.now()
  try {
    await switchPower(way, ids)
    tell('you', `${act} ${ids.join(', ')}`)
    return await watched(way, since, site, tell).finally(async () => {
      if (way === 'up') return
      await rest(ids)
      tell('stopped', ids.join(', '))
    })
  } catch (error) {
    tell('error', (error as Error).message)
    return { says: `not seen ${ends} after the ${act}`, trouble: (error as Error).message }
  }
}

async function watched(way: 'up' | 'down', since: number, site: Omit<Run, 'plan'>, tell: Tell): Promise<Turned> {
  const [act, ends] = TURNS[way]
  const { verdict, sentence } = await follow({ ...site, ends }, tell)
  const after = `${((performance.now() - since) / 1000).toFixed(1)} s after the ${act}`
  return verdict === ends ? { says: `${ends} ${after}` } : { says: `not ${ends} ${after}`, trouble: sentence }
}
