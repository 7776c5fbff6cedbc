// Faults of the name: records edited by hand. Each waits until the name servers answer it.
import type { RecordChange, RecordSet } from '../world/types.ts'
import { type Fault, type Scene, type Undo, until } from './fault.ts'

const keyOf = ({ site }: Scene): string => `${site.hostname}.|A`

function recordOf(scene: Scene): RecordSet {
  const found = scene.world.state.zones.get(scene.site.hostedZoneId)?.records.get(keyOf(scene))
  if (found === undefined) throw new Error(`${scene.site.hostname}: found no A record, wanted one`)
  return found
}

/** Somebody with a console, whose change is INSYNC before anything else happens; nobody's question from before it is still under way, and nobody's retry mends it. */
async function change({ world, site, idle, forgetNames }: Scene, changes: readonly RecordChange[]): Promise<void> {
  const insync = () => until(world, `${site.hostname} is INSYNC`, () => world.state.openChanges.length === 0)
  await insync()
  await idle()
  world.dispatch({ type: 'ChangeResourceRecordSets', zoneId: site.hostedZoneId, changes })
  await insync()
  await idle()
  await forgetNames()
}

async function pointTo(scene: Scene, address: string, ttl?: number): Promise<Undo> {
  const before = recordOf(scene)
  await change(scene, [{ action: 'UPSERT', record: { ...before, values: [address], ...(ttl && { ttl }) } }])
  return () => change(scene, [{ action: 'UPSERT', record: before }])
}

/** An address that nobody has. */
const oldAddress = ({ world }: Scene): string => world.state.publicPool.at(-1) ?? '203.0.113.254'

/** Launched and ready; its start makes the functions look, so the record is edited after them. */
async function launchStranger(scene: Scene): Promise<{ id: string; address: string }> {
  const { world } = scene
  const { id } = world.dispatch<'RunInstance'>({ type: 'RunInstance', tags: { Name: 'stranger' } })
  await until(world, `${id} runs`, () => world.state.instances.get(id)?.state === 'running')
  await scene.settled()
  await scene.idle()
  return { id, address: world.state.instances.get(id)!.publicIp! }
}

const stale = { verdict: 'broken', causes: ['record-stale'] } as const

export const recordFaults = {
  'record-old': {
    about: 'the record points to an address that the instance had before',
    expected: stale,
    needsRealMachines: false,
    inject: (scene) => pointTo(scene, oldAddress(scene)),
  },
  'record-stranger': {
    about: 'the record points to an address that is somebody else’s by now, who answers there',
    expected: stale,
    needsRealMachines: true,
    async inject(scene) {
      const { id, address } = await launchStranger(scene)
      const undo = await pointTo(scene, address)
      return async () => {
        await undo()
        scene.world.dispatch({ type: 'TerminateInstances', ids: [id] })
        await until(scene.world, `${id} is gone`, () => scene.world.state.instances.get(id)?.state === 'terminated')
        await scene.settled()
        await scene.idle()
      }
    },
  },
  'record-parked': {
    about: 'the record is parked though the instance runs',
    expected: { verdict: 'broken', causes: ['record-parked'] },
    needsRealMachines: false,
    // With the TTL of a parked name.
    inject: (scene) => pointTo(scene, '192.0.2.1', 10),
  },
  'record-missing': {
    about: 'somebody has deleted the record',
    expected: { verdict: 'broken', causes: ['record-missing'] },
    needsRealMachines: false,
    async inject(scene) {
      const record = recordOf(scene)
      await change(scene, [{ action: 'DELETE', record }])
      return () => change(scene, [{ action: 'CREATE', record }])
    },
  },
  'record-contested': {
    about:
      'another program writes the record with a TTL of its own, twice; each time it is put right, and there is one notice',
    expected: { verdict: 'live', causes: [] },
    needsRealMachines: false,
    async inject(scene) {
      for (let times = 0; times < 2; times++) {
        await change(scene, [{ action: 'UPSERT', record: { ...recordOf(scene), ttl: 300 } }])
        await scene.resync()
        await until(scene.world, 'the record is put right', () => recordOf(scene).ttl !== 300)
        await scene.idle()
      }
      await until(scene.world, 'nothing is under way', () => scene.world.state.openChanges.length === 0)
      await scene.forgetNames()
      return async () => {}
    },
  },
} satisfies Readonly<Record<string, Fault>>
