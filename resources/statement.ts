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

/** For keys that a call may have several values of. ForAllValues holds for a key that is not there at all, hence the Null conditions. */
export const onlyValues = (keys: Readonly<Record<string, readonly string[]>>) => ({
  'ForAllValues:StringEquals': keys,
  Null: Object.fromEntries(Object.keys(keys).map((key) => [key, 'false'])),
})
