// What a run leaves for the next one: failed looks in a row, what EC2 refused, what people were told. And which problems there are.
import { type Problem, toProblem } from '../domain/problem.ts'
import type { LookResult } from './look.ts'
import { freshMemory, type Memory, sameMemory } from './memory.ts'
import { warningNotice } from './notice.ts'
import type { PlannedIdle } from './plan.ts'
import type { IdlePorts } from './ports.ts'

interface Run {
  readonly plan: readonly PlannedIdle[]
  readonly looks: ReadonlyMap<string, readonly LookResult[]>
  readonly memory: ReadonlyMap<string, Memory>
  readonly refused: ReadonlyMap<string, string>
}

/** Looks that fail in a row before people hear of it: one or two are an agent that updates itself. */
const MOST_FAILED = 3

export async function remember(
  ports: Pick<IdlePorts, 'writeMemory' | 'publish' | 'clock'>,
  run: Run,
): Promise<{ readonly problems: readonly Problem[]; readonly judged: readonly string[] }> {
  const problems: Problem[] = []
  const judged: string[] = []
  for (const planned of run.plan.filter(({ terms }) => terms !== undefined)) {
    const { instanceId, start, sites } = planned
    const last = run.memory.get(instanceId)
    const known = last?.start === start ? last : freshMemory(start)
    const counted = count(planned, known, run)
    const problem = problemOf(planned, counted)
    if (planned.warns) await ports.publish(warningNotice(planned))
    const { told: _, ...rest } = counted
    const now: Memory = {
      ...rest,
      ...(planned.warns && { warnedAt: ports.clock.now() }),
      ...(problem && { told: problem.name }),
    }
    if (problem) problems.push(problem)
    // Of an earlier start, too: what was told of it is over.
    if (now.told !== last?.told) judged.push(sites[0]!)
    if (!sameMemory(now, last ?? known)) await ports.writeMemory(instanceId, now)
  }
  return { problems, judged }
}

/** A look that ended well ends the row; where nobody looked, it is as it was. */
function count({ action, instanceId, start }: PlannedIdle, known: Memory, { looks, refused }: Run): Memory {
  const words = refused.get(instanceId)
  if (words !== undefined) return { ...known, failed: 0, refused: words }
  if (action === 'unknown') return { ...known, failed: known.failed + 1 }
  return (looks.get(start) ?? []).length > 0 ? { ...known, failed: 0 } : known
}

function problemOf({ action, instanceId, sites, reason }: PlannedIdle, memory: Memory): Problem | undefined {
  const concerned = { site: sites[0]!, instances: [instanceId] }
  if (memory.refused !== undefined)
    return toProblem('NotStopped', { ...concerned, message: `EC2 refuses to stop ${instanceId}: ${memory.refused}` })
  if (action === 'refuse') return toProblem('NotStopped', { ...concerned, message: `${instanceId}: ${reason}` })
  if (memory.failed < MOST_FAILED) return undefined
  return toProblem('UseUnknown', { ...concerned, message: `${instanceId}: ${memory.failed} looks in a row failed` })
}
