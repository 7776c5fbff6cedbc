// What a host said of itself when a function looked at it last. The doctor itself sends a host nothing.
import { listCommands, readInvocation } from '../../functions/lib/aws/ssm/commands.ts'
import { type Inspection, parseInspection } from '../../functions/lib/hosts/inspection.ts'
import { Refused } from '../invoke.ts'
import { documentOf } from '../site/read.ts'
import type { AccountInstance } from './account.ts'

export interface LastLook {
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly inspection: Inspection
}

/** Milliseconds. The schedule looks at every configured host each 15 minutes. */
const RECENT = 60 * 60_000

/** @returns undefined where nobody has looked since the start of the instance, or in the last hour */
export async function lastLook(
  { id, state, launchTime }: AccountInstance,
  stage: string,
  now = Date.now(),
): Promise<LastLook | undefined> {
  const document = state === 'running' ? await inspectDocument(stage) : undefined
  if (!document) return undefined
  const looks = await listCommands(document, id, Math.max(launchTime, now - RECENT))
  const [newest] = looks.filter(({ status }) => status === 'Success').sort((a, b) => b.requestedAt - a.requestedAt)
  const said = newest && (await readInvocation(newest.id, id))
  return said && { at: newest.requestedAt, inspection: parseInspection(said.output) }
}

/** Undefined before the first deploy. */
const inspectDocument = (stage: string): Promise<string | undefined> =>
  documentOf({ stage }, 'InspectHost').catch((error) => {
    if (error instanceof Refused) return undefined
    throw error
  })
