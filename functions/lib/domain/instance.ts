// An EC2 instance as far as this project cares, and how a site selects it.

export const INSTANCE_STATES = ['pending', 'running', 'stopping', 'stopped', 'shutting-down', 'terminated'] as const

export type InstanceState = (typeof INSTANCE_STATES)[number]

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

/** `tag:<Key>` -> value; an instance is selected when every one of them matches. */
export type Selector = Readonly<Record<string, string>>

export function selects(selector: Selector, instance: Instance): boolean {
  return Object.entries(selector).every(([key, value]) => instance.tags[key.slice('tag:'.length)] === value)
}
