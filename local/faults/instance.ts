// Faults of the instance: off, without its agent, with a configuration that failed.
import { type Fault, type Scene, type Undo, until } from './fault.ts'

async function stop({ world, instanceId, settled, idle, live, forgetNames }: Scene): Promise<Undo> {
  world.dispatch({ type: 'StopInstances', ids: [instanceId] })
  await until(world, `${instanceId} is stopped`, () => world.state.instances.get(instanceId)?.state === 'stopped')
  await settled()
  // The name is parked by then.
  await idle()
  await until(world, 'the zone is INSYNC', () => world.state.openChanges.length === 0)
  await forgetNames()
  return async () => {
    world.dispatch({ type: 'StartInstances', ids: [instanceId] })
    await live()
    await forgetNames()
  }
}

const imageParameter = ({ stage, site }: Scene): string => `/ragstream-edge/${stage}/images/${site.hostname}`

/** Somebody rolls out a version that is in no registry: the document fails at its image, and the site stays as it is. */
async function rollOutNothing(scene: Scene): Promise<Undo> {
  const { world, instanceId } = scene
  const name = imageParameter(scene)
  const before = world.state.parameters.get(name)
  if (before === undefined) throw new Error(`${name}: found no such parameter, wanted the image of the site`)
  const rollOut = async (value: string, status: 'Success' | 'Failed') => {
    const since = world.now()
    world.dispatch({ type: 'PutParameter', name, value, overwrite: true })
    await until(world, `the command for ${value}: ${status}`, () => {
      const sent = [...world.state.commands.values()].filter(
        ({ requestedAt, parameters }) => requestedAt >= since && parameters.Image?.[0] === value,
      )
      const found = sent.map(({ invocations }) => invocations.get(instanceId))
      // Of two that were sent side by side the other one may still be at work.
      return found.some((one) => one?.status === status) && found.every((one) => !one || one.endedAt !== null)
    })
  }
  await rollOut(before.value.replace(/:[^:/]*$/, ':0.0.0-no-such-version'), 'Failed')
  return () => rollOut(before.value, 'Success')
}

export const instanceFaults = {
  'instance-stopped': {
    about: 'the instance is stopped: nothing is broken, the site is asleep',
    expected: { verdict: 'asleep', causes: ['instance-not-running'] },
    needsRealMachines: false,
    inject: stop,
  },
  'agent-offline': {
    about: 'the SSM agent does not run: no command arrives; the site is live',
    expected: { verdict: 'live', causes: ['agent-offline'] },
    needsRealMachines: false,
    async inject({ agent }) {
      await agent.stop()
      return () => agent.start()
    },
  },
  'command-failed': {
    about: 'a version was rolled out that is in no registry; the site stays live on the one before',
    expected: { verdict: 'live', causes: ['command-failed'] },
    needsRealMachines: true,
    inject: rollOutNothing,
  },
} satisfies Readonly<Record<string, Fault>>
