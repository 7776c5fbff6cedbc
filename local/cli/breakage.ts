// The prompt's words for faults: break, mend, diagnose. What is broken is remembered, so that the end of it can be typed.
import { diagnosisScreen } from '../../cli/diagnosis.ts'
import type { Undo } from '../faults/fault.ts'
import { FAULTS, type FaultName, faultNames } from '../faults/faults.ts'
import { faultScene, type Stage } from './scene.ts'
import type { Screen } from './screen.ts'

export interface Breakage {
  break(name: string, screen: Screen): Promise<void>
  /** The last one, or the one of this name. */
  mend(name: string, screen: Screen): Promise<void>
  diagnose(screen: Screen): Promise<void>
}

const isFault = (name: string): name is FaultName => Object.hasOwn(FAULTS, name)

export function breakage(stage: Stage): Breakage {
  const scene = faultScene(stage)
  const broken = new Map<FaultName, Undo>()
  return {
    async break(name, screen) {
      const problem = problemWith(name, stage, broken)
      if (problem !== undefined) return screen.plain(problem)
      const fault = FAULTS[name as FaultName]
      broken.set(name as FaultName, await fault.inject(scene))
      screen.say('broken', fault.about, 'bad')
    },
    async mend(name, screen) {
      const which =
        name === '' ? [...broken.keys()].at(-1) : broken.has(name as FaultName) ? (name as FaultName) : undefined
      if (which === undefined) return screen.plain(`${name || 'nothing'} is not broken; ${brokenNow(broken)}`)
      await broken.get(which)?.()
      broken.delete(which)
      screen.say('mended', which, 'good')
    },
    async diagnose(screen) {
      const { isTTY, columns } = process.stdout
      const diagnosis = await stage.cloud.stack.invoke('diagnose', { site: stage.site.hostname })
      const paper = { colour: isTTY === true, columns: columns ?? 100 }
      for (const line of diagnosisScreen(diagnosis as Parameters<typeof diagnosisScreen>[0], paper)) screen.plain(line)
    },
  }
}

const brokenNow = (broken: ReadonlyMap<FaultName, Undo>): string =>
  broken.size === 0 ? 'nothing is' : `there ${broken.size === 1 ? 'is' : 'are'} ${[...broken.keys()].join(', ')}`

function problemWith(name: string, { room }: Stage, broken: ReadonlyMap<FaultName, Undo>): string | undefined {
  if (!isFault(name))
    return `${name === '' ? 'break what?' : `"${name}" is no fault`} There are:\n${faultList(room.kind === 'nspawn')}`
  if (broken.has(name)) return `${name} is broken already: mend it first`
  if (FAULTS[name].needsRealMachines && room.kind !== 'nspawn')
    return `${name} needs real machines (npm start as root on Debian or Ubuntu): folders have no packets and no nginx`
  return undefined
}

/** With `real` false those that only real machines can have are marked. */
export function faultList(real: boolean): string {
  const widest = Math.max(...faultNames.map((name) => name.length))
  const rows = faultNames.map((name) => {
    const { about, needsRealMachines } = FAULTS[name]
    return `  ${name.padEnd(widest)}  ${about}${needsRealMachines && !real ? ' (needs real machines)' : ''}`
  })
  return rows.join('\n')
}
