// systemctl of a rendered host: is-enabled, is-active, enable --now, disable, reload, start, stop, show.
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
  disable,
  reload,
  start,
  stop,
}

export function systemctl(call: Call): void {
  const [verb = '', ...names] = call.args.filter(
    (word, at) => !word.startsWith('-') && call.args[at - 1] !== '--property',
  )
  if (verb === 'show') call.end(0, names.map((one) => shown(call, one)).join('\n\n'))
  if (verb === 'daemon-reload') call.end(0)
  const [name = ''] = names
  const act = VERBS[verb] ?? call.notKnown()
  const service =
    call.state.services[name] ??
    unitByHand(call, name) ??
    // systemctl(1), "Exit status": 4 is "no such unit".
    call.end(verb === 'is-active' ? 4 : 1, '', `Failed to ${verb}: Unit file ${name}.service does not exist.`)
  act(call, name, service)
}

/** A unit that lies in a file, and is nothing more here. */
function unitByHand(call: Call, name: string): Service | undefined {
  return existsSync(path.join(call.root, 'etc/systemd/system', name)) ? { enabled: false, active: false } : undefined
}

/** `UnitFileState` and `ActiveState`, empty and inactive for what is not there; no process has a number here. */
function shown(call: Call, name: string): string {
  if (call.args.includes('LoadState'))
    return `LoadState=${call.state.services[name] || unitByHand(call, name) ? 'loaded' : 'not-found'}`
  if (call.args.includes('MainPID')) return 'MainPID=0'
  const { enabled, active } = call.state.services[name] ?? { enabled: '', active: false }
  const file = enabled === true ? 'enabled' : enabled === false ? 'disabled' : enabled
  return `UnitFileState=${file}\nActiveState=${active ? 'active' : 'inactive'}`
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

function disable(call: Call, name: string): void {
  call.change((state) => setService(state, name, { enabled: false }))
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
