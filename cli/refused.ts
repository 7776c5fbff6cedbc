/** What the person can mend: a wrong word, nothing to ask. Told without a stack trace. */
export class Refused extends Error {
  override readonly name = 'Refused'
}
