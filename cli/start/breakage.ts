// The prompt's words for faults: break, mend, diagnose. What is broken is remembered, so that its end need not be typed.

import type { Undo } from '../../local/faults/fault.ts'
import { FAULTS, type FaultName, faultNames } from '../../local/faults/faults.ts'
import { type FaultScene, faultScene } from '../../local/scene.ts'
import { type Diagnosis, diagnosisScreen } from '../diagnosis.ts'
import { paper } from '../edge/paper.ts'
import { nearest } from '../edge/scene.ts'
import type { Screen } from './screen.ts'

export interface Breakage {
  break(name: string, screen: Screen): Promise<void>
  /** The fault of this name; without one the last. */
  mend(name: string, screen: Screen): Promise<void>
  diagnose(site: string, screen: Screen): Promise<void>
}

export function breakage(where: FaultScene): Breakage {
  const scene = faultScene(where)
  const broken = new Map<string, Undo>()
  return {
    async break(name, screen) {
      const fault = isFault(name) ? FAULTS[name] : undefined
      const refusal =
        refusalOf(name, where) ?? (broken.has(name) ? `${name} is broken already: mend it first` : undefined)
      if (!fault || refusal !== undefined) return screen.plain(refusal ?? '')
      broken.set(name, await fault.inject(scene))
      screen.say('broken', fault.about, 'bad')
    },
    async mend(name, screen) {
      const which = name === '' ? [...broken.keys()].at(-1) : name
      const undo = broken.get(which ?? '')
      if (which === undefined || undo === undefined) return screen.plain(nothingToMend(name, [...broken.keys()]))
      await undo()
      broken.delete(which)
      screen.say('mended', which, 'good')
    },
    async diagnose(site, screen) {
      const diagnosis = (await where.cloud.stack.invoke('diagnose', { site })) as Diagnosis
      const isUnknown = diagnosis.causes.some(({ name }) => name === 'site-unknown')
      if (isUnknown) return screen.plain(diagnosis.sentence)
      for (const line of diagnosisScreen(diagnosis, { ...paper(), evidence: false })) screen.plain(line)
      for (const name of broken.keys()) screen.plain(`here: mend ${name}`)
    },
  }
}

const isFault = (name: string): name is FaultName => Object.hasOwn(FAULTS, name)

function refusalOf(name: string, { room }: FaultScene): string | undefined {
  const real = room.kind === 'nspawn'
  const near = nearest(name, faultNames)
  if (near && !isFault(name)) return `"${name}" is no fault: "${near}"?`
  if (!isFault(name)) return `${name ? `"${name}" is no fault.` : 'Break what?'} There are:\n${faultList(real)}`
  if (real || !FAULTS[name].needsRealMachines) return undefined
  return `${name} needs real machines (npm start as root on Debian or Ubuntu): folders have no packets and no nginx`
}

function nothingToMend(name: string, broken: readonly string[]): string {
  if (broken.length === 0) return 'nothing is broken'
  return `"${name}" is not broken; broken: ${broken.join(', ')}`
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
