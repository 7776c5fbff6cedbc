// Calls side by side, none of which outlives the step.

/**
 * As Promise.all, but an error waits until the others have ended. Lambda freezes a function that has answered: what
 * still waited for its turn would go on in some later invocation, with nobody to look again.
 */
export async function together<T extends readonly unknown[] | []>(
  work: T,
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  await Promise.allSettled(work)
  return Promise.all(work)
}
