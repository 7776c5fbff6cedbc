// What rollout, rollback and apply share: the hosts' steps followed to live or failed, and what became of it.
import type { Instance } from '../../functions/lib/domain/instance.ts'
import type { Site } from '../../functions/lib/domain/site.ts'
import { diagnosed } from '../diagnose.ts'
import { type Diagnosis, diagnosisScreen } from '../diagnosis.ts'
import { paper } from '../edge/paper.ts'
import { type Answer, line, type Scene } from '../edge/scene.ts'
import { follow, type Tell } from '../site-power.ts'
import { type Ended, whyFailed } from './command.ts'

/** Seconds that a configured site may take until a visitor sees it. */
const SETTLES = 120

export const running = (instances: readonly Instance[]): readonly Instance[] =>
  instances.filter(({ state }) => state === 'running')

/** Of commands that have ended: live, or what failed and what serves meanwhile. */
export async function conclude(scene: Scene, site: Site, ends: readonly Ended[], tell: Tell): Promise<Answer> {
  const failed = ends.filter(({ status }) => status !== 'Success')
  const hosts = ends.map(({ instance, command, status }) => ({ instance, command, status }))
  const value = { site: site.hostname, image: site.image, hosts }
  if (failed.length > 0) return afterFailure(scene, site, failed, value)
  const patience = Math.min(SETTLES, scene.words.patience ?? SETTLES)
  const diagnosis = await follow({ hostname: site.hostname, stage: scene.stage, ends: 'live', patience }, hopsOf(tell))
  if (diagnosis.verdict === 'live') return { code: 0, value: { ...value, diagnosis } }
  const screen = diagnosisScreen(diagnosis, { ...paper(), evidence: false })
  return { code: 1, screen, value: { ...value, diagnosis } }
}

/** Hops are of interest where they are broken, which the diagnosis then says. */
const hopsOf =
  (tell: Tell): Tell =>
  (who, what) => {
    if (who === 'live') tell(who, what)
  }

async function afterFailure(scene: Scene, site: Site, failed: readonly Ended[], value: object): Promise<Answer> {
  const now = await diagnosed(scene, site.hostname)
  const told = failed.map((one) => ({ instance: one.instance, ...whyFailed(one) }))
  const screen = told.flatMap(({ instance, reason, tail }) => [
    ...tail.map((text) => `  ${text}`),
    `failed on ${instance}: ${reason}`,
  ])
  const next = `next: ${line(scene, `rollback ${site.hostname}`)}, or mend it and ${line(scene, `apply ${site.hostname}`)}`
  return {
    code: 1,
    screen: [...screen, serving(now), next],
    value: { ...value, failures: told, diagnosis: now },
  }
}

/** What visitors get now, and by which container, where the host was asked. */
function serving({ sentence, hops }: Diagnosis): string {
  const container = hops.find(({ hop, evidence }) => hop === 'container' && evidence.includes(' running'))
  return `now: ${sentence}${container ? `; container: ${container.evidence}` : ''}`
}
