// One time at which a record was put right that another writer had changed.
export interface Contest {
  readonly site: string
  readonly zoneId: string
  /** Of the record, without the dot at its end. */
  readonly name: string
  readonly type: 'A' | 'AAAA'
  /** In words: values and TTL, or that there was no record. */
  readonly found: string
  readonly wanted: string
  /** Milliseconds since the epoch. */
  readonly at: number
  /** The last start of the instances behind it: `<instance id>@<launch time>`. */
  readonly start: string
}

/** Milliseconds since the epoch of the start. */
export const launchOf = ({ start }: Pick<Contest, 'start'>): number => Date.parse(start.slice(start.indexOf('@') + 1))
