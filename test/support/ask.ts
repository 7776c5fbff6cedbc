// Asks the deployed function for a diagnosis. On a busy machine a look may not end in time: then it says `unknown`, or lacks what was asked too
// late, and a person asks again.
import type { Diagnosis } from '../../functions/lib/diagnosis/diagnosis.ts'
import type { RealCloud } from './real.ts'

const MOST = 4

/** Of all looks of one file. Each program on the host has 4 s: on a busy machine a look may see less than there is. */
const MAY_LACK = 4
let lacked = 0

/**
 * The diagnosis is as `check` wants it; what it said stands in the message of a failure. A look may lack something, and is taken once more, also
 * where a busy host was silent for 4 s; else no look says that a site is broken which is not.
 */
export async function expectLooked(
  cloud: RealCloud,
  verdict: Diagnosis['verdict'],
  check: (diagnosis: Diagnosis) => void,
): Promise<void> {
  const diagnosis = await diagnosed(cloud)
  try {
    expect(diagnosis.verdict).toBe(verdict)
    check(diagnosis)
  } catch (error) {
    const message = `${(error as Error).message}\n\n${diagnosis.sentence}\n${diagnosis.path.join('\n')}`
    const isSilence = diagnosis.causes.map(({ name }) => name).join() === 'gateway-timeout'
    const isFalseAlarm = verdict !== 'broken' && diagnosis.verdict === 'broken' && !isSilence
    if (isFalseAlarm || ++lacked > MAY_LACK) throw new Error(message)
    console.log(`look ${lacked} of at most ${MAY_LACK} that may lack something:\n${message}`)
    await expectLooked(cloud, verdict, check)
  }
}

export async function diagnosed(cloud: RealCloud): Promise<Diagnosis & { readonly asked: number }> {
  for (let asked = 1; ; asked++) {
    const since = cloud.world.now()
    const diagnosis = await look(cloud).catch((error: Error) => {
      // A process that has just begun may read the sites too late.
      if (asked === MOST || !error.message.includes('no result within')) throw error
    })
    if (!diagnosis) continue
    const { verdict, hops } = diagnosis
    const isLate =
      hops.some(({ evidence }) => evidence.includes('no result within')) ||
      (verdict === 'broken' && isStillAsked(cloud, since))
    if ((verdict !== 'unknown' && !isLate) || asked === MOST) return { ...diagnosis, asked }
  }
}

const look = ({ stack, site }: RealCloud) => stack.invoke('diagnose', { site: site.hostname }) as Promise<Diagnosis>

/** A host has begun to look at itself since, and has not ended. */
const isStillAsked = ({ world }: RealCloud, since: number): boolean =>
  [...world.state.commands.values()].some(
    ({ documentName, requestedAt, invocations }) =>
      documentName.includes('InspectHost') &&
      requestedAt >= since &&
      [...invocations.values()].some(({ status }) => status === 'InProgress'),
  )
