// Work that must not overlap, done one after the other in the order of the calls.

export type InTurn = <T>(work: () => Promise<T>) => Promise<T>

/** One that fails does not keep the next from its turn. */
export function turns(): InTurn {
  let last: Promise<unknown> = Promise.resolve()
  return (work) => {
    const done = last.then(work)
    last = done.catch(() => {})
    return done
  }
}
