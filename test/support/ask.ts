// Asks the deployed function for a diagnosis. On a busy machine a look may not end in time: then it says `unknown`, and a person asks again.
import type { Diagnosis } from '../../functions/lib/diagnosis/diagnosis.ts'
import type { RealCloud } from './real.ts'

const MOST = 3

export async function diagnosed(cloud: RealCloud): Promise<Diagnosis & { readonly asked: number }> {
  for (let asked = 1; ; asked++) {
    const diagnosis = (await cloud.stack.invoke('diagnose', { site: cloud.site.hostname })) as Diagnosis
    if (diagnosis.verdict !== 'unknown' || asked === MOST) return { ...diagnosis, asked }
  }
}
