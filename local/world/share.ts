// Edits to maps that are never changed in place. A small map is copied; a large one shares its entries with the
// one before and carries the difference, so that 10,000 single edits of 10,000 entries stay workable.

/** The map with these entries set, or removed where the value is undefined. */
export function edit<K, V>(map: ReadonlyMap<K, V>, entries: Iterable<readonly [K, V | undefined]>): ReadonlyMap<K, V> {
  if (map.size < 256) return applied(new Map(map), entries)
  const layered = map instanceof Layered ? (map as Layered<K, V>) : new Layered<K, V>(map as Map<K, V>, new Map())
  return layered.with(entries)
}

export function setOne<K, V>(map: ReadonlyMap<K, V>, key: K, value: V): ReadonlyMap<K, V> {
  return edit(map, [[key, value]])
}

export function removeOne<K, V>(map: ReadonlyMap<K, V>, key: K): ReadonlyMap<K, V> {
  return edit(map, [[key, undefined]])
}

function applied<K, V>(map: Map<K, V>, entries: Iterable<readonly [K, V | undefined]>): Map<K, V> {
  for (const [key, value] of entries) {
    if (value === undefined) map.delete(key)
    else map.set(key, value)
  }
  return map
}

class Layered<K, V> implements ReadonlyMap<K, V> {
  readonly #base: Map<K, V>
  /** Undefined marks a removed entry. */
  readonly #delta: Map<K, V | undefined>
  readonly size: number

  constructor(base: Map<K, V>, delta: Map<K, V | undefined>) {
    this.#base = base
    this.#delta = delta
    let size = base.size
    for (const [key, value] of delta) size += (value === undefined ? 0 : 1) - (base.has(key) ? 1 : 0)
    this.size = size
  }

  with(entries: Iterable<readonly [K, V | undefined]>): ReadonlyMap<K, V> {
    const delta = new Map(this.#delta)
    for (const [key, value] of entries) delta.set(key, value)
    // About where copying the difference each time costs as much as copying the whole now and then.
    const limit = Math.sqrt(2 * this.#base.size)
    return delta.size <= limit ? new Layered(this.#base, delta) : applied(new Map(this.#base), delta)
  }

  get(key: K): V | undefined {
    return this.#delta.has(key) ? this.#delta.get(key) : this.#base.get(key)
  }

  has(key: K): boolean {
    return this.get(key) !== undefined
  }

  *entries(): MapIterator<[K, V]> {
    for (const [key, value] of this.#base) {
      const now = this.#delta.has(key) ? this.#delta.get(key) : value
      if (now !== undefined) yield [key, now]
    }
    for (const [key, value] of this.#delta) if (value !== undefined && !this.#base.has(key)) yield [key, value]
  }

  *keys(): MapIterator<K> {
    for (const [key] of this.entries()) yield key
  }

  *values(): MapIterator<V> {
    for (const [, value] of this.entries()) yield value
  }

  forEach(call: (value: V, key: K, map: ReadonlyMap<K, V>) => void): void {
    for (const [key, value] of this.entries()) call(value, key, this)
  }

  [Symbol.iterator](): MapIterator<[K, V]> {
    return this.entries()
  }
}
