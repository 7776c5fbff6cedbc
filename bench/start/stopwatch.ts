// Notes when each phase of a start has ended, from what the local cloud itself reports; nothing is asked or slowed down for it.
import type { Happening } from '../../local/cloud.ts'
import type { RealCloud } from '../../test/support/real.ts'

export interface Lap {
  readonly path: 'both' | 'name' | 'host' | 'visitor'
  readonly name: string
  /** Milliseconds since StartInstances. */
  readonly at: number
  /** Milliseconds since the phase before on the same path. */
  readonly took: number
}

export interface Stopwatch {
  reset(): void
  /** Without a visit: the laps up to the ready host. @throws Error that names a phase that never ended */
  ends(instanceId: string): Lap[]
  /** Visits the page, and tells the laps since the instance's start. @throws Error that names a phase that never ended */
  laps(instanceId: string, visit: () => Promise<void>): Promise<Lap[]>
}

/** Lines of the host's document, by what they have in common. A line is printed when its step has ended. */
const GROUPS: readonly (readonly [name: string, steps: readonly string[]])[] = [
  [
    'host: checks, packages, services',
    ['cloud-init', 'lock', 'packages', 'services', 'container-files', 'metadata', 'nginx-test'],
  ],
  ['host: image', ['image']],
  ['host: container', ['container', 'container-recover']],
  ['host: nginx', ['default', 'nginx']],
  ['host: health on 8501', ['health']],
  ['host: health through port 80', ['port-80-health']],
  ['host: done', ['done']],
]

type Marks = Map<string, number>

export function stopwatch(cloud: RealCloud): Stopwatch {
  const marks: Marks = new Map()
  let told = 0
  cloud.world.subscribe(({ action, events, at }) => {
    if (action.type === 'RegisterAgent') marks.set('agent registered', at)
    // The inspections that follow a configuration are commands, too.
    if (action.type === 'SendCommand' && action.documentName.includes('ConfigureHost')) marks.set('command sent', at)
    if (action.type === 'ChangeResourceRecordSets') marks.set('address in the record', at)
    for (const { detail } of events) if (detail.state === 'running') marks.set('instance running', at)
  })
  const read = (id: string) => {
    for (const happening of cloud.happened.slice(told)) noteHappening(marks, happening)
    return { marks, launchTime: cloud.world.state.instances.get(id)!.launchTime }
  }
  return {
    reset() {
      marks.clear()
      told = cloud.happened.length
    },
    ends(id) {
      const { marks, launchTime } = read(id)
      return lapsOf(marks, launchTime)
    },
    async laps(id, visit) {
      // The page is asked for when name and host are ready, as by somebody who was told so.
      const asked = Date.now()
      await visit()
      const rendered = Date.now()
      const { marks, launchTime } = read(id)
      const page: Lap = { path: 'visitor', name: 'page rendered', at: rendered - launchTime, took: rendered - asked }
      return [...lapsOf(marks, launchTime), page]
    },
  }
}

function noteHappening(marks: Marks, happening: Happening & { readonly at: number }): void {
  if (happening.kind === 'insync') marks.set('INSYNC', happening.at)
  if (happening.kind === 'machine' && happening.what === 'is up') marks.set('machine up', happening.at)
  if (happening.kind !== 'host') return
  const step = /^step=(\S+)/.exec(happening.line)?.[1] ?? ''
  const group = GROUPS.find(([, steps]) => steps.includes(step))
  if (group) marks.set(group[0], happening.at)
}

function lapsOf(marks: Marks, from: number): Lap[] {
  const running = at(marks, 'instance running')
  const path = (which: Lap['path'], names: readonly string[], before: number): Lap[] => {
    const ends = [before, ...names.map((name) => at(marks, name))]
    return names.map((name, i) => ({ path: which, name, at: ends[i + 1]! - from, took: ends[i + 1]! - ends[i]! }))
  }
  const hostSteps = ['machine up', 'agent registered', 'command sent', ...GROUPS.map(([name]) => name)]
  return [
    ...path('both', ['instance running'], from),
    ...path('name', ['address in the record', 'INSYNC'], running),
    ...path('host', hostSteps, running),
  ]
}

function at(marks: Marks, name: string): number {
  const mark = marks.get(name)
  if (mark === undefined) throw new Error(`${name}: found no end of it in this start, wanted one`)
  return mark
}
