// A room of real machines on what is prepared in the cache.
import { DEFAULT_SUITE, type Suite } from '../prepare/debian.ts'
import { type PrepareOptions, prepare } from '../prepare/prepare.ts'
import { type NspawnRoom, openRoom } from './open.ts'

export type { NspawnRoom } from './open.ts'

export interface RoomOptions extends Omit<PrepareOptions, 'suites'> {
  /** The system of its hosts. */
  readonly suite?: Suite
  /** False: Docker on its hosts has unpacked nothing yet. */
  readonly layers?: boolean
}

/** Prepares what is missing, cleans what dead runs left, and builds the network. Rejects with what is missing. */
export async function nspawnRoom({
  suite = DEFAULT_SUITE,
  layers = true,
  ...options
}: RoomOptions = {}): Promise<NspawnRoom> {
  const prepared = await prepare({ ...options, suites: [suite] })
  const tree = prepared.hostTree(suite)
  return openRoom(layers ? { tree, layers: prepared.layers } : { tree }, prepared.registry)
}
