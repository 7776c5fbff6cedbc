// nginx and Docker as services of a rendered host: what starting, reloading and a boot do.
import path from 'node:path'
import { loadConfiguration } from './nginx-configuration.ts'
import type { HostState } from './state.ts'

export const nginxMain = (root: string): string => path.join(root, 'etc/nginx/nginx.conf')

/** Throws NginxError when nginx refuses its configuration. */
export function startService(root: string, state: HostState, name: string): HostState {
  const loaded = name === 'nginx' ? { ...state, servers: loadConfiguration(nginxMain(root)) } : comeBack(state)
  return setService(loaded, name, { active: true })
}

/** The Docker engine starts again what runs under `unless-stopped` and was not stopped by hand. */
function comeBack(state: HostState): HostState {
  const containers = state.containers.map((one) => {
    return one.restart === 'unless-stopped' && !one.stoppedByHand ? { ...one, running: true } : one
  })
  return { ...state, containers }
}

export function setService(state: HostState, name: string, change: { enabled?: boolean; active?: boolean }): HostState {
  const before = state.services[name] ?? { enabled: false, active: false }
  return { ...state, services: { ...state.services, [name]: { ...before, ...change } } }
}

/** Installing a package of Debian's enables and starts its service. */
export function installService(root: string, state: HostState, name: string): HostState {
  return startService(root, setService(state, name, { enabled: true }), name)
}

export function afterBoot(root: string, state: HostState): HostState {
  const enabled = Object.keys(state.services).filter((name) => state.services[name]!.enabled === true)
  return enabled.reduce((next, name) => startedAtBoot(root, next, name), state)
}

// A service that does not start at boot is a failed unit, not a failed boot.
function startedAtBoot(root: string, state: HostState, name: string): HostState {
  try {
    return startService(root, state, name)
  } catch {
    return state
  }
}

export function afterPowerOff(state: HostState): HostState {
  const down = Object.keys(state.services).reduce((next, name) => setService(next, name, { active: false }), state)
  return { ...down, servers: [], containers: down.containers.map((one) => ({ ...one, running: false })) }
}
