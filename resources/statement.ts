// A statement of a policy, as the roles here have them: what is allowed, on what, and on which condition.
export interface Statement {
  readonly Effect: 'Allow'
  readonly Action: readonly string[]
  readonly Resource: unknown
  readonly Condition?: Readonly<Record<string, unknown>>
}

export const allow = (
  actions: readonly string[],
  resource: unknown,
  condition?: Statement['Condition'],
): Statement => ({
  Effect: 'Allow',
  Action: actions,
  Resource: resource,
  ...(condition ? { Condition: condition } : {}),
})
