// ./edge resync: looks at records and hosts, mends what no event told, and says so.
import { type Answer, chosenSite, type Scene } from './edge/scene.ts'
import { invoke } from './invoke.ts'

interface Report {
  readonly report: readonly string[]
  readonly drift: readonly { readonly verdict: string }[]
}

async function scopeOf(scene: Scene): Promise<object> {
  const { what, all } = scene.words
  if (all || what === 'all') return { all: true }
  if (what !== undefined && /^i-[0-9a-f]+$/.test(what)) return { instance: what }
  return { site: await chosenSite(scene, what) }
}

export async function resync(scene: Scene): Promise<Answer> {
  const asked = { ...(await scopeOf(scene)), dryRun: scene.words.dryRun === true }
  const { report, drift } = (await invoke(scene.stage, 'resync', asked)) as Report
  return { code: codeOf(drift), screen: report, value: { report, drift } }
}

function codeOf(drift: Report['drift']): number {
  if (drift.length === 0) return 2
  return drift.some(({ verdict }) => verdict === 'cannot mend') ? 1 : 0
}
