// The way of an event through the stack, as a Mermaid diagram.
import { type Named, nameOf, said, statementsOf } from './stack-words.ts'

export function diagram(
  rules: readonly Named[],
  mappings: readonly Named[],
  functions: readonly Named[],
  roles: readonly Named[],
): string[] {
  const heard = rules.flatMap(([id, { Targets }]) =>
    (Targets as { Arn: unknown }[]).map(({ Arn }) => `  ${id}([${id}]) --> ${shaped(said(Arn))}`),
  )
  const read = mappings.map(
    ([, { EventSourceArn, FunctionName }]) =>
      `  ${said(EventSourceArn)} --> ${said(FunctionName)}[[${said(FunctionName)}]]`,
  )
  const done = functions.flatMap(([id, { Role }]) => {
    const policies = roles.find(([role]) => role === said(Role))?.[1].Policies ?? []
    const services = statementsOf(policies).flatMap(({ Action }) =>
      [Action].flat().map((action) => action.split(':')[0]!),
    )
    const others = [...new Set(services)].filter((service) => service !== 'logs' && service !== 'sqs').sort()
    return others.map((service) => `  ${nameOf(id)}[[${nameOf(id)}]] -.-> ${service}{{${service}}}`)
  })
  return [...heard, ...read, ...done]
}

/** A queue, or a function that a rule invokes itself. */
const shaped = (name: string): string => (name.endsWith('Queue') ? `${name}[/${name}/]` : `${name}[[${name}]]`)
