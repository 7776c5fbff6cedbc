// One start of an instance by one name: the correlation id of every log line, notice and event that belongs to it.
import type { Instance } from './instance.ts'

/** `<instance id>@<launch time>`: EC2 renews the launch time at every start, so nobody has to remember or pass on an id. */
export const startOf = ({ id, launchTime }: Pick<Instance, 'id' | 'launchTime'>): string =>
  `${id}@${new Date(launchTime).toISOString().replace(/\.\d+Z$/, 'Z')}`

/** Log fields for what concerns these instances: `start` holds one name, or several with spaces between them. */
export function startField(instances: readonly Instance[], ids: readonly string[]): { readonly start?: string } {
  const starts = instances.filter(({ id }) => ids.includes(id)).map(startOf)
  return starts.length > 0 ? { start: starts.join(' ') } : {}
}
