// Looks at the use of a host: sends the look-use document, which changes nothing, and reads its output.
import { parseUseLook, type UseLook } from '../idle/look.ts'
import { type HostProbePorts, type Look, run } from './host.ts'

/** @throws Error where the host does not say by the limit whether somebody uses it */
export async function askUse(ports: HostProbePorts, look: Omit<Look, 'isNeedless'>): Promise<UseLook> {
  const end = await run(ports, { ...look, isNeedless: () => false })
  if (end.kind === 'done') return parseUseLook(end.output)
  throw new Error(`its agent did not take the command within ${look.limit / 1000} s`)
}
