// What the doctor asks for may be refused: an answer, or why there is none.
export type Read<T> = { readonly value: T } | { readonly error: Error }

export const reading = <T>(work: Promise<T>): Promise<Read<T>> =>
  work.then(
    (value) => ({ value }),
    (error: Error) => ({ error }),
  )
