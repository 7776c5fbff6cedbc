// A zone's records while a batch is checked, without copying the zone for each change.
import { recordKey } from './names.ts'
import { edit } from './share.ts'
import type { RecordChange, RecordSet } from './types.ts'

type Records = ReadonlyMap<string, RecordSet>

export class Draft {
  readonly #base: Records
  readonly #changed = new Map<string, RecordSet | undefined>()
  readonly #keysOfName = new Map<string, Set<string>>()

  constructor(base: Records) {
    this.#base = base
    for (const [key, record] of base) this.#note(record.name, key)
  }

  get(key: string): RecordSet | undefined {
    return this.#changed.has(key) ? this.#changed.get(key) : this.#base.get(key)
  }

  put({ action, record }: RecordChange): void {
    const key = recordKey(record)
    this.#changed.set(key, action === 'DELETE' ? undefined : record)
    this.#note(record.name, key)
  }

  ofName(name: string): RecordSet[] {
    const keys = [...(this.#keysOfName.get(name) ?? [])]
    return keys.map((key) => this.get(key)).filter((record) => record !== undefined)
  }

  result(): Records {
    return edit(this.#base, this.#changed)
  }

  #note(name: string, key: string): void {
    const keys = this.#keysOfName.get(name)
    if (keys === undefined) this.#keysOfName.set(name, new Set([key]))
    else keys.add(key)
  }
}
