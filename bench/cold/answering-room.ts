// Hosts that only answer: every document ends at once and well, with as much output as an answer can hold. For what a function makes of many.
import type { Machine, MachineRoom } from '../../local/machine/types.ts'
import { noMachines } from '../../test/support/fleet.ts'
import { anInspection } from '../../test/support/inspection.ts'

/** Characters that GetCommandInvocation keeps. */
const MOST = 24_000

function answer(script: string): string {
  const site = /^export EDGE_HOSTNAME='(.*)'$/m.exec(script)?.[1] ?? ''
  // Only what configures a host is told its image.
  if (!/^export EDGE_IMAGE=/m.test(script)) return JSON.stringify(anInspection({ site }))
  return `${'step=packages result=unchanged\n'.repeat(MOST / 32)}step=done result=changed site=9eb88168cdda\n`
}

function machine(name: string): Machine {
  let running = false
  return {
    name,
    get running() {
      return running
    },
    boot: async () => {
      running = true
    },
    exec: async ([, , script = '']) => ({ exitCode: 0, timedOut: false, stdout: answer(script), stderr: '' }),
    powerOff: async () => {
      running = false
    },
    destroy: async () => {
      running = false
    },
  }
}

export const answeringRoom = (): MachineRoom => ({ ...noMachines, machine: async (name) => machine(name) })
