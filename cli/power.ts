// ./edge up, ./edge down: starts or stops the site's instance, and follows it until the site is live or asleep.
import { diagnosed } from './diagnose.ts'
import { diagnosisScreen } from './diagnosis.ts'
import { paper } from './edge/paper.ts'
import { type Answer, aimedLike, chosenSite, type Scene } from './edge/scene.ts'
import { Refused } from './invoke.ts'
import { follow, hostsOf, keepAwake, replaced, switchPower, timeline, told } from './site-power.ts'

interface Way {
  readonly way: 'up' | 'down'
  readonly act: 'start' | 'stop'
  readonly from: 'stopped' | 'running'
  readonly ends: 'live' | 'asleep'
}

export const up = (scene: Scene): Promise<Answer> =>
  switched(scene, { way: 'up', act: 'start', from: 'stopped', ends: 'live' })
export const down = (scene: Scene): Promise<Answer> =>
  switched(scene, { way: 'down', act: 'stop', from: 'running', ends: 'asleep' })

async function switched(scene: Scene, { way, act, from, ends }: Way): Promise<Answer> {
  const { stage } = scene
  const site = await chosenSite(scene)
  const { instances } = await hostsOf(site, stage)
  const lost = replaced(instances)
  if (lost) throw new Refused(aimedLike(scene, `${site}: ${lost}`))
  const ids = instances.filter(({ state }) => state === from).map(({ id }) => id)
  const tell = timeline(scene.tell)
  if (scene.words.for && instances.length > 0) {
    const until = await keepAwake(
      instances.map(({ id }) => id),
      scene.words.for,
    )
    tell('you', `awake until ${until}`)
  }
  if (ids.length === 0) {
    const now = await diagnosed(scene, site)
    if (now.verdict !== ends) throw new Refused(`${site}: nothing to ${act}: ${told(instances)}; ${now.sentence}`)
    return { code: 0, screen: [`already ${ends}: ${now.sentence}`], value: { site, [act]: [], diagnosis: now } }
  }
  await switchPower(way, ids)
  tell('you', `${act} ${ids.join(', ')}`)
  const diagnosis = await follow({ hostname: site, stage, ends, patience: scene.words.patience ?? 600 }, tell)
  const value = { site, [act]: ids, diagnosis }
  if (diagnosis.verdict === ends) return { code: 0, value }
  return { code: 1, screen: diagnosisScreen(diagnosis, { ...paper(), evidence: false }), value }
}
