// systemctl of a rendered host: is-enabled, is-active, enable --now, reload, stop.
import { setService, startService } from '../services.ts'
import { changeState, readState } from '../state.ts'
import { beginCall, endCall, notKnown } from './call.ts'

const { root, args } = beginCall('systemctl')
const [verb, ...names] = args.filter((word) => !word.startsWith('-'))
const name = names[0] ?? ''
const service = readState(root).services[name]
if (!service) endCall(1, '', `Failed to ${verb}: Unit file ${name}.service does not exist.`)

if (verb === 'is-enabled') {
  const word = service.enabled === 'masked' ? 'masked' : service.enabled ? 'enabled' : 'disabled'
  endCall(word === 'enabled' ? 0 : 1, word)
} else if (verb === 'is-active') {
  endCall(service.active ? 0 : 3, args.includes('--quiet') ? '' : service.active ? 'active' : 'inactive')
} else if (verb === 'enable' && args.includes('--now')) {
  if (service.enabled === 'masked') endCall(1, '', `Failed to enable unit: Unit file ${name}.service is masked.`)
  changeState(root, (state) => setService(state, name, { enabled: true }))
  if (!service.active) start()
} else if (verb === 'reload') {
  if (!service.active) endCall(1, '', `${name}.service is not active, cannot reload.`)
  start()
} else if (verb === 'stop') {
  changeState(root, (state) => setService(state, name, { active: false }))
} else {
  notKnown('systemctl', args)
}

function start(): void {
  try {
    changeState(root, (state) => startService(root, state, name))
  } catch (error) {
    endCall(1, '', `Job for ${name}.service failed: ${error instanceof Error ? error.message : error}`)
  }
}
