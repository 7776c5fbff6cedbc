// apt-get of a rendered host: update does nothing, install puts the package's program on the PATH and starts its service.
import { addPrograms } from '../disk.ts'
import { installService } from '../services.ts'
import type { Call } from './call.ts'

const PACKAGES: Readonly<Record<string, { readonly programs: readonly string[]; readonly service: string }>> = {
  nginx: { programs: ['nginx'], service: 'nginx' },
  'docker.io': { programs: ['docker', 'dockerd', 'iptables'], service: 'docker' },
}

export function aptGet(call: Call): void {
  const [verb, ...names] = call.args.filter((word, index) => !word.startsWith('-') && call.args[index - 1] !== '-o')
  if (verb === 'update') return
  if (verb !== 'install') call.notKnown()
  for (const name of names) {
    const { programs, service } = PACKAGES[name] ?? call.end(100, '', `E: Unable to locate package ${name}`)
    addPrograms(call.root, programs)
    call.change((state) => installService(call.root, state, service))
  }
}
