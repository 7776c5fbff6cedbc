// apt-get of a rendered host: update does nothing, install puts the package's program on the PATH and starts its service.
import { addPrograms } from '../disk.ts'
import { installService } from '../services.ts'
import { changeState } from '../state.ts'
import { beginCall, endCall, notKnown } from './call.ts'

const PACKAGES: Readonly<Record<string, { readonly programs: readonly string[]; readonly service: string }>> = {
  nginx: { programs: ['nginx'], service: 'nginx' },
  'docker.io': { programs: ['docker', 'dockerd'], service: 'docker' },
}

const { root, args } = beginCall('apt-get')
const words = args.filter((word, index) => !word.startsWith('-') && args[index - 1] !== '-o')
if (words[0] === 'install') {
  for (const wanted of words.slice(1)) {
    const found = PACKAGES[wanted]
    if (!found) endCall(100, '', `E: Unable to locate package ${wanted}`)
    addPrograms(root, found.programs)
    changeState(root, (state) => installService(root, state, found.service))
  }
} else if (words[0] !== 'update') {
  notKnown('apt-get', args)
}
