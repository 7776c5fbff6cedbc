// An EC2 instance as far as this project cares, and how a site selects it.

export const INSTANCE_STATES = ['pending', 'running', 'stopping', 'stopped', 'shutting-down', 'terminated'] as const

export type InstanceState = (typeof INSTANCE_STATES)[number]

export const INSTANCE_ID = /^i-[0-9a-f]{8,17}$/

export interface Instance {
  readonly id: string
  readonly state: InstanceState
  readonly tags: Readonly<Record<string, string>>
  /** Undefined also right after `running`: the EC2 API is eventually consistent. */
  readonly publicIp: string | undefined
  readonly ipv6: string | undefined
  /** Milliseconds since the epoch; renewed at every start. */
  readonly launchTime: number
}

/** Its address goes into the record: it runs, or it starts and EC2 shows the address already. */
export const hasItsAddress = ({ state, publicIp }: Pick<Instance, 'state' | 'publicIp'>): boolean =>
  (state === 'running' || state === 'pending') && publicIp !== undefined

/** `id` or `tag:<Key>` -> value; an instance is selected when every one of them matches. */
export type Selector = Readonly<Record<string, string>>

export function selects(selector: Selector, { id, tags }: Pick<Instance, 'id' | 'tags'>): boolean {
  return Object.entries(selector).every(
    ([key, value]) => (key === 'id' ? id : tags[key.slice('tag:'.length)]) === value,
  )
}

interface Selecting {
  readonly hostname: string
  readonly instances: Selector
}

/**
 * Hostname of a site -> its instances, in the order given. By an index over ids and tags: the work grows with sites and
 * instances, not with their product.
 */
export function selectInstances(
  sites: readonly Selecting[],
  instances: readonly Instance[],
): ReadonlyMap<string, readonly Instance[]> {
  const byTrait = Map.groupBy(
    instances.flatMap((instance) => traitsOf(instance).map((trait) => ({ instance, trait }))),
    ({ trait }) => trait,
  )
  return new Map(
    sites.map((site) => {
      const [key, value] = Object.entries(site.instances)[0] ?? []
      const candidates = byTrait.get(`${key}\0${value}`) ?? []
      return [site.hostname, candidates.map(({ instance }) => instance).filter((one) => selects(site.instances, one))]
    }),
  )
}

const traitsOf = ({ id, tags }: Instance): string[] => [
  `id\0${id}`,
  ...Object.entries(tags).map(([key, value]) => `tag:${key}\0${value}`),
]

/** Ids of the instances that some site selects. */
export const wantedIds = (members: ReadonlyMap<string, readonly Instance[]>): ReadonlySet<string> =>
  new Set([...members.values()].flatMap((instances) => instances.map((instance) => instance.id)))

/**
 * One start of an instance by one name, the correlation id of every log line, notice and event that belongs to it: `<instance id>@<launch time>`.
 * EC2 renews the launch time at every start, so nobody has to remember or pass on an id.
 */
export const startOf = ({ id, launchTime }: Pick<Instance, 'id' | 'launchTime'>): string =>
  `${id}@${new Date(launchTime).toISOString().replace(/\.\d+Z$/, 'Z')}`

/** Log fields for what concerns these instances: `start` holds one name, or several with spaces between them. */
export function startField(instances: readonly Instance[], ids: readonly string[]): { readonly start?: string } {
  const starts = instances.filter(({ id }) => ids.includes(id)).map(startOf)
  return starts.length > 0 ? { start: starts.join(' ') } : {}
}
