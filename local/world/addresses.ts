// The pool of public addresses: handed out in order at start, back to the end when released, so that the next start
// gets another one while others are free.
import { edit, setOne } from './share.ts'
import { type Instance, ServiceError, type World } from './types.ts'

/** Puts the instances into the world, each with an address of the pool unless an Elastic IP stands for it. */
export function giveAddresses(state: World, instances: readonly Instance[], visibleAt: number): World {
  const wanting = instances.filter((instance) => instance.elasticIp === null).length
  if (wanting > state.publicPool.length) {
    const found = `${state.publicPool.length} public addresses are free, ${wanting} are wanted`
    throw new ServiceError('InsufficientFreeAddresses', `${found}: give createWorld a larger publicPool`)
  }
  const pool = state.publicPool.slice(wanting)
  let next = 0
  const addressed = instances.map((instance): [string, Instance] => {
    const publicIp = instance.elasticIp === null ? state.publicPool[next++]! : null
    return [instance.id, { ...instance, publicIp, publicIpVisibleAt: visibleAt }]
  })
  return { ...state, publicPool: pool, instances: edit(state.instances, addressed) }
}

/** Puts the addresses of those that arrived at `stopped` or `terminated` back to the pool. */
export function releaseAddresses(state: World, arrived: readonly Instance[]): World {
  const free = arrived.flatMap(({ due, publicIp }) => (due!.to === 'running' || publicIp === null ? [] : [publicIp]))
  return free.length === 0 ? state : { ...state, publicPool: [...state.publicPool, ...free] }
}

/** An Elastic IP takes the place of the pool's address; when it goes, a running instance gets another one. */
export function shadowAddress(state: World, instance: Instance, elasticIp: string | null, now: number): World {
  const visibleAt = Math.max(instance.publicIpVisibleAt, now + state.tempo.publicIpDelayMs)
  const changed: Instance = { ...instance, elasticIp, publicIp: null, publicIpVisibleAt: visibleAt }
  const publicPool = instance.publicIp === null ? state.publicPool : [...state.publicPool, instance.publicIp]
  const next = { ...state, publicPool, instances: setOne(state.instances, instance.id, changed) }
  const on = instance.state === 'pending' || instance.state === 'running'
  return elasticIp === null && on ? giveAddresses(next, [changed], visibleAt) : next
}

/** Where the tempo says so, an instance that arrived at `running` has another address than while it was `pending`; an Elastic IP stays. */
export function changeAddresses(state: World, arrived: readonly Instance[]): World {
  if (state.tempo.pendingAddress !== 'changed') return state
  return arrived
    .filter(({ due, elasticIp }) => due!.to === 'running' && elasticIp === null)
    .reduce((world, { id, due }) => shadowAddress(world, world.instances.get(id)!, null, due!.at), state)
}
