// The last look at a host: how much of its disk is free, and what is wrong with it beside a site that is live. Pure.
import { HOST_RULES } from '../../functions/lib/diagnosis/rules/host.ts'
import type { AccountInstance } from './account.ts'
import type { LastLook } from './last-look.ts'
import { type Line, note, ok, problem, unread } from './line.ts'
import type { Read } from './reading.ts'

const RIGHTS = 'ssm:ListDocuments, ssm:ListCommandInvocations and ssm:GetCommandInvocation'

export function judgeLook({ id, state }: AccountInstance, look: Read<LastLook | undefined>, site: string): Line[] {
  if (state !== 'running') return []
  if ('error' in look) return [unread('host', look.error, RIGHTS)]
  if (!look.value)
    return [
      note(
        'host',
        `no function looked at ${id} in the last hour: its free disk and the settings of its Docker are not known`,
        `after the deploy: ./edge diagnose ${site} <target>, then the doctor again`,
      ),
    ]
  const { at, inspection } = look.value
  const { diskFreeMb: free } = inspection
  const disk = typeof free === 'number' ? `${free} MB of disk are free` : 'its free disk is not known'
  const seen = ok('host', `${id} at ${new Date(at).toISOString()}: ${disk}`)
  const found = HOST_RULES.flatMap(({ find, fix }) => {
    const hit = find({ inspection })
    return hit ? [problem('host', `${id}: ${hit.what}`, fix)] : []
  })
  return [seen, ...found]
}
