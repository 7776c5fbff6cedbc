// Values of a compiled template in words, for the page about it.

export interface Resource {
  readonly Type: string
  readonly Properties?: Readonly<Record<string, unknown>>
}
export type Named = readonly [id: string, properties: Readonly<Record<string, unknown>>]

export interface Statement {
  readonly Action: string | readonly string[]
  readonly Resource: unknown
  readonly Principal?: { readonly Service?: string }
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}

export const statementsOf = (policies: unknown): Statement[] =>
  (policies as { PolicyDocument: { Statement: Statement[] } }[]).flatMap((one) => one.PolicyDocument.Statement)

/** A value of the template in words: `Ref` and `GetAtt` by logical id, pseudo parameters left out. */
export function said(value: unknown): string {
  if (Array.isArray(value)) return value.map(said).join(', ')
  if (typeof value !== 'object' || value === null) return String(value ?? '')
  const [[name, argument]] = Object.entries(value) as [[string, unknown]]
  if (name === 'Ref') return String(argument).startsWith('AWS::') ? '' : nameOf(String(argument))
  if (name === 'Fn::GetAtt') return nameOf(String((argument as unknown[])[0]))
  if (name === 'Fn::Join') {
    const [separator, parts] = argument as [string, unknown[]]
    return parts
      .map(said)
      .join(separator)
      .replace(/^arn::/, '')
  }
  return JSON.stringify(value)
}

export const code = (value: unknown): string => `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``

export const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n')

/** A function by its own name (DnsDashsyncLambdaFunction is dns-sync), all else by its logical id. */
export function nameOf(logicalId: string): string {
  const name = /^(.+)LambdaFunction$/.exec(logicalId)?.[1]
  return name === undefined ? logicalId : name.replaceAll('Dash', '-').replace(/^./, (first) => first.toLowerCase())
}
