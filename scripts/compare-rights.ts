// Compares the rights that a role holds with those that CloudFormation's handlers ask for. Pure.
import { type Held, type Template, typesOf } from './deploy-role.ts'
import { type Schema, staleEntries, wantedRights } from './handler-rights.ts'

/**
 * What the handlers of the stack's types ask for and the role lacks, and what it holds that no handler asks for. A type without rights of its own
 * (a queue's policy) has those of its neighbours.
 * @param isKnown whether IAM knows the action: schemas also name some that nobody could be given
 */
export function compareRights(
  { Resources }: Template,
  schemas: Readonly<Record<string, Schema>>,
  isKnown: (action: string) => boolean,
  { own, always }: Held,
): string[] {
  const everything = [...Object.values(own).flat(), ...always]
  const wanted = typesOf(Resources).map((type) => {
    const asked = wantedRights(type, schemas[type]!, Object.values(Resources)).filter(isKnown)
    return { type, asked, lacks: asked.filter((action) => !within(own[type] ?? [], everything, action)) }
  })
  const asked = wanted.flatMap((one) => one.asked)
  return [
    ...typesOf(Resources).flatMap((type) => staleEntries(type, schemas[type]!)),
    ...wanted.flatMap(({ type, lacks }) =>
      lacks.map((action) => `${type}: found no right to ${action}, which its handlers ask for`),
    ),
    ...typesOf(Resources).flatMap((type) =>
      (own[type] ?? [])
        .filter((action) => !asked.includes(action))
        .map((action) => `${type}: found the right to ${action}, which no handler asks for`),
    ),
  ]
}

/** Of the service of a type the type's own rights count: `lambda:TagResource` is one right for functions and one for mappings. */
function within(own: readonly string[], everything: readonly string[], action: string): boolean {
  const service = `${action.split(':')[0]}:`
  return (own.some((one) => one.startsWith(service)) ? own : everything).includes(action)
}
