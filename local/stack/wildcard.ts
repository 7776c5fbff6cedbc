// Patterns of policy documents: `*` is any run of characters, `?` any one character.

export function like(pattern: string, text: string, ignoreCase = false): boolean {
  const source = pattern.replace(/[\\^$.*+?()[\]{}|]/g, (one) => (one === '*' ? '.*' : one === '?' ? '.' : `\\${one}`))
  return new RegExp(`^${source}$`, ignoreCase ? 'is' : 's').test(text)
}

/** The six components of an ARN are compared one by one: no wildcard reaches over a colon into the next component. */
export function arnLike(pattern: string, arn: string): boolean {
  const found = components(arn)
  return isArn(arn) && components(pattern).every((component, i) => like(component, found[i]!))
}

/** IAM itself fills up an ARN that has fewer components; here such a one is taken for a mistake. */
export const isArn = (text: string): boolean => /^arn:([^:]*:){4}./.test(text)

/** Only the sixth can hold colons, for example before a function's version. */
function components(arn: string): string[] {
  const parts = arn.split(':')
  return [...parts.slice(0, 5), parts.slice(5).join(':')]
}
