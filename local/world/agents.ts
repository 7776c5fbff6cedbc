// The SSM agent as Systems Manager sees it: registered since the instance's launch or not, and its last heartbeat.

import { setOne } from './share.ts'
import { type Handler, quiet } from './transition.ts'
import { type Instance, ServiceError } from './types.ts'

/** The agent's heartbeat (health check) comes every five minutes. */
const heartbeatMs = 300_000

export const registerAgent: Handler<'RegisterAgent'> = (state, action, now) => {
  const instance = state.instances.get(action.instanceId)
  if (instance?.state !== 'running') {
    const found = instance?.state ?? 'unknown'
    throw new ServiceError('InvalidInstanceId', `${action.instanceId} is ${found}: only a running instance registers`)
  }
  const agent = { registeredAt: now, lastPingAt: now }
  return quiet({ ...state, instances: setOne(state.instances, instance.id, { ...instance, agent }) })
}

/** True when a command can reach the agent: running, and registered since the last launch. */
export function agentOnline(instance: Instance): boolean {
  return instance.state === 'running' && instance.agent !== null && instance.agent.registeredAt >= instance.launchTime
}

/** The agent's record with its latest heartbeat by `now`; that of a stopped instance stays as it was. */
export function lastHeartbeat(instance: Instance, now: number): Instance['agent'] {
  if (instance.agent === null || !agentOnline(instance)) return instance.agent
  const { registeredAt } = instance.agent
  return { registeredAt, lastPingAt: registeredAt + Math.floor((now - registeredAt) / heartbeatMs) * heartbeatMs }
}
