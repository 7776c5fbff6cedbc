// Hosts that only answer: every document ends at once and well, with as much output as an answer can hold. For what a function makes of many.
import { hostParameters } from '../../functions/lib/hosts/parameters.ts'
import type { Machine, MachineRoom } from '../../local/machine/types.ts'
import { noMachines } from '../../test/support/fleet.ts'
import { anInspection, HASH } from '../../test/support/inspection.ts'

/** Characters that GetCommandInvocation keeps. */
const MOST = 24_000

/** The document pastes its parameters as words: those that configure a host are more than those that look at one. */
const wordsOf = (script: string): string[] =>
  [...(/^set -- (.*)$/m.exec(script)?.[1] ?? '').matchAll(/'([^']*)'/g)].map(([, word = '']) => word)

const SITE_HASH = hostParameters.findIndex(({ name }) => name === 'SiteHash')

function answer(site: string, hash: string | undefined, applied: string): string {
  if (hash === undefined) return JSON.stringify(anInspection({ site, applied }))
  return `${'step=packages result=unchanged\n'.repeat(MOST / 32)}step=done result=changed site=${hash}\n`
}

function machine(name: string, remembers: boolean): Machine {
  let running = false
  let applied = HASH
  return {
    name,
    get running() {
      return running
    },
    boot: async () => {
      running = true
    },
    exec: async ([, , script = '']) => {
      const words = wordsOf(script)
      const hash = words[SITE_HASH]
      if (remembers) applied = hash ?? applied
      return { exitCode: 0, timedOut: false, stdout: answer(words[0] ?? '', hash, applied), stderr: '' }
    },
    powerOff: async () => {
      running = false
    },
    destroy: async () => {
      running = false
    },
  }
}

/** `remembers`: an inspection finds the site that was configured last. Without it each finds a difference, so that there is something to mend. */
export const answeringRoom = ({ remembers = false } = {}): MachineRoom => ({
  ...noMachines,
  machine: async (name) => machine(name, remembers),
})
