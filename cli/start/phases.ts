// The timeline as a person reads it: one line for each phase, with how long it took. What happens inside a phase is for --verbose.
import type { Happening } from '../../local/cloud.ts'
import { short } from '../site/command.ts'
import { describeHappening, type Line, logEntry } from './timeline.ts'

/** What these functions say of what goes on; what they refuse or cannot do is said as it is. */
const INSIDE = /^(keep|wait|configure|create|replace|delete|cancel|ask|live|retry) |looked at|AgentNotRegistered: /

/** A happening as the lines to show; `now` in milliseconds. */
export function phases(now: () => number = () => performance.now()): (happening: Happening) => readonly Line[] {
  const began = new Map<string, number>()
  const records: string[] = []
  const changed = new Map<string, string[]>()
  const begin = (phase: string): void => {
    if (!began.has(phase)) began.set(phase, now())
  }
  /** Of a phase that began unseen nothing is known. */
  const end = (phase: string): string => {
    const at = began.get(phase)
    began.delete(phase)
    return at === undefined ? '' : `, ${((now() - at) / 1000).toFixed(1)} s`
  }
  const say = (who: string, what: string, tone: Line['tone'] = 'plain'): Line[] => [{ who, what, tone }]

  function ofInstance(id: string, state: string): readonly Line[] {
    if (state === 'pending') begin(`start ${id}`)
    if (state === 'stopping' || state === 'shutting-down') begin(`stop ${id}`)
    return state === 'stopped' || state === 'terminated'
      ? say('machine', `${short(id)} is ${state}${end(`stop ${id}`)}`)
      : []
  }

  function ofCommand(id: string, command: string, status: string): readonly Line[] {
    if (status === 'Pending') return []
    if (status === 'InProgress') {
      begin(`run ${command}`)
      changed.set(id, [])
      return began.has(`agent ${id}`) ? say('agent', `${short(id)} takes its first command${end(`agent ${id}`)}`) : []
    }
    const steps = [...new Set(changed.get(id))].join(', ')
    const how = status === 'Success' ? `configured, ${steps ? `changed: ${steps}` : 'nothing changed'}` : status
    return say('host', `${short(id)} ${how}${end(`run ${command}`)}`, status === 'Success' ? 'good' : 'bad')
  }

  function ofEvent(type: string, detail: Readonly<Record<string, unknown>>): readonly Line[] | undefined {
    const id = String(detail['instance-id'])
    if (type === 'EC2 Instance State-change Notification') return ofInstance(id, String(detail.state))
    if (type === 'Parameter Store Change') return String(detail.name).includes('/images/') ? undefined : []
    if (type !== 'EC2 Command Invocation Status-change Notification') return []
    if (!/-(ConfigureHost|RemoveSite)-/.test(String(detail['document-name']))) return []
    return ofCommand(id, String(detail['command-id']), String(detail.status))
  }

  function ofHost(id: string, text: string): readonly Line[] | undefined {
    const [, step = '', result] = /^step=(\S+) result=(\S+)/.exec(text) ?? []
    if (result === 'changed' && step !== 'done') changed.get(id)?.push(step)
    return result === 'failed' || result === 'refused' ? undefined : []
  }

  function ofLog(name: string, text: string): readonly Line[] | undefined {
    const { level, message = '' } = logEntry(text) ?? {}
    // Whoever asked is shown the answer.
    if (name === 'diagnose' && level !== 'ERROR') return []
    const [, change] = /^((?:create|replace|delete) .*?\)): /.exec(message) ?? []
    if (name === 'dns-sync' && change) {
      begin('record')
      records.push(change)
    }
    return level !== 'ERROR' && name !== 'resync' && INSIDE.test(message) ? [] : undefined
  }

  function ofPhase(happening: Happening): readonly Line[] | undefined {
    if (happening.kind === 'event') return ofEvent(happening.event['detail-type'], happening.event.detail)
    if (happening.kind === 'host') return ofHost(happening.instanceId, happening.line)
    if (happening.kind === 'log') return ofLog(happening.function, happening.line)
    if (happening.kind === 'machine') {
      const { instanceId: id, what } = happening
      if (what !== 'is up') return []
      begin(`agent ${id}`)
      return say('machine', `${short(id)} is up${end(`start ${id}`)}`)
    }
    if (happening.kind !== 'insync') return undefined
    const took = end('record')
    return records.splice(0).flatMap((change) => say('Route 53', `${change}${took}`))
  }

  return (happening) => ofPhase(happening) ?? [describeHappening(happening, false)].filter((line) => line !== undefined)
}
