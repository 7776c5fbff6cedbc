// ./edge diagnose: one sentence on why a site is not up, the hops with the broken one marked, and what to do.
import { type Diagnosis, diagnosisScreen, exitCode } from './diagnosis.ts'
import { paper } from './edge/paper.ts'
import { type Answer, chosenSite, declaredSites, type Scene } from './edge/scene.ts'
import { invoke, persisting } from './invoke.ts'

export async function diagnose(scene: Scene): Promise<Answer> {
  if (scene.words.all) return diagnoseAll(scene)
  const diagnosis = await diagnosed(scene, await chosenSite(scene))
  const picture = diagnosisScreen(diagnosis, { ...paper(), evidence: scene.words.evidence === true })
  // The functions know no flags of a command line, and what only AWS has is mended at the prompt of ./edge start --keep.
  const here = 'here write --local in the place of --region; in the place of a command of aws: mend, at the prompt'
  const screen = scene.words.local && exitCode(diagnosis) !== 0 ? [...picture, here] : picture
  return { code: exitCode(diagnosis), screen, value: { diagnosis } }
}

/** A look that proves nothing is taken once more: on a busy day an answer comes late. */
export async function diagnosed({ stage }: Pick<Scene, 'stage'>, site: string): Promise<Diagnosis> {
  const look = async () => (await persisting(() => invoke(stage, 'diagnose', { site }))) as Diagnosis
  const first = await look()
  return first.verdict === 'unknown' ? look() : first
}

async function diagnoseAll(scene: Scene): Promise<Answer> {
  const diagnoses: Diagnosis[] = []
  for (const site of await declaredSites(scene)) {
    const diagnosis = await diagnosed(scene, site)
    diagnoses.push(diagnosis)
    scene.tell(diagnosis.sentence)
  }
  return { code: Math.max(0, ...diagnoses.map(exitCode)), value: { diagnoses } }
}
