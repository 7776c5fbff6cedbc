// systemctl of a rendered host: is-enabled, is-active, enable --now, reload, stop.
import { existsSync } from 'node:fs'
import path from 'node:path'
import { setService, startService } from '../services.ts'
import type { Service } from '../state.ts'
import type { Call } from './call.ts'

type Verb = (call: Call, name: string, service: Service) => void

const VERBS: Readonly<Record<string, Verb>> = {
  'is-enabled': isEnabled,
  'is-active': isActive,
  enable,
  reload,
  stop,
  show,
}

export function systemctl(call: Call): void {
  const [verb = '', name = ''] = call.args.filter(
    (word, at) => !word.startsWith('-') && call.args[at - 1] !== '--property',
  )
  const act = VERBS[verb] ?? call.notKnown()
  const service =
    call.state.services[name] ??
    unitByHand(call, name) ??
    call.end(1, '', `Failed to ${verb}: Unit file ${name}.service does not exist.`)
  act(call, name, service)
}

/** A unit that lies in a file, and is nothing more here. */
function unitByHand(call: Call, name: string): Service | undefined {
  return existsSync(path.join(call.root, 'etc/systemd/system', name)) ? { enabled: false, active: false } : undefined
}

/** `UnitFileState` and `ActiveState`; no process has a number here. */
function show(call: Call, _name: string, service: Service): void {
  if (call.args.includes('MainPID')) call.end(0, 'MainPID=0')
  const file = service.enabled === 'masked' ? 'masked' : service.enabled ? 'enabled' : 'disabled'
  call.end(0, `UnitFileState=${file}\nActiveState=${service.active ? 'active' : 'inactive'}`)
}

function isEnabled(call: Call, _name: string, service: Service): void {
  const word = service.enabled === 'masked' ? 'masked' : service.enabled ? 'enabled' : 'disabled'
  call.end(word === 'enabled' ? 0 : 1, word)
}

function isActive(call: Call, _name: string, service: Service): void {
  call.end(service.active ? 0 : 3, call.args.includes('--quiet') ? '' : service.active ? 'active' : 'inactive')
}

function enable(call: Call, name: string, service: Service): void {
  if (service.enabled === 'masked') call.end(1, '', `Failed to enable unit: Unit file ${name}.service is masked.`)
  call.change((state) => setService(state, name, { enabled: true }))
  if (call.args.includes('--now') && !service.active) start(call, name)
}

function reload(call: Call, name: string, service: Service): void {
  if (!service.active) call.end(1, '', `${name}.service is not active, cannot reload.`)
  start(call, name)
}

function stop(call: Call, name: string): void {
  call.change((state) => setService(state, name, { active: false }))
}

function start(call: Call, name: string): void {
  try {
    call.change((state) => startService(call.root, state, name))
  } catch (error) {
    call.end(1, '', `Job for ${name}.service failed: ${error instanceof Error ? error.message : error}`)
  }
}
