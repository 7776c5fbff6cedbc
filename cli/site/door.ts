// Where the doors of a stage are: what the deploy wrote down.
import { readChildren } from '../../functions/lib/aws/ssm/parameters.ts'
import { pathOf, type Scene } from '../edge/scene.ts'

/** Undefined: the stage has none, or is not deployed. */
export async function doorAddress(scene: Pick<Scene, 'stage'>): Promise<string | undefined> {
  const [address] = (await readChildren(`${pathOf(scene)}/state/door`)).filter(({ name }) => name === 'address')
  return address?.value
}
