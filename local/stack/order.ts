// The order in which resources are created: legal by DependsOn and references, and the worst legal one for whoever
// forgot a DependsOn. CloudFormation promises no more than the legal part.

import type { Resource, StackTemplate } from './template.ts'

/** Each parameter comes as early as its dependencies allow: what it does not name does not exist yet when its event is published. */
export function creationOrder(template: StackTemplate): Resource[] {
  const order = new Map<string, Resource>()
  const all = [...template.resources.values()]
  const early = all
    .filter((resource) => resource.type === 'AWS::SSM::Parameter')
    .map((resource) => ({ resource, before: withDependencies(resource, template) }))
    .sort((a, b) => a.before.length - b.before.length)
    .flatMap(({ before }) => before)
  for (const resource of [...early, ...all.flatMap((one) => withDependencies(one, template))]) {
    order.set(resource.logicalId, resource)
  }
  return [...order.values()]
}

/** All that must exist before the resource, in a legal order, then the resource itself. */
function withDependencies(resource: Resource, template: StackTemplate): Resource[] {
  const visited = new Map<string, Resource>()
  const visit = (current: Resource, trail: readonly string[]) => {
    if (trail.includes(current.logicalId)) {
      throw new Error(`resources depend on each other in a circle: ${[...trail, current.logicalId].join(' -> ')}`)
    }
    if (visited.has(current.logicalId)) return
    for (const id of current.dependencies) {
      const dependency = template.resources.get(id)
      if (dependency) visit(dependency, [...trail, current.logicalId])
    }
    visited.set(current.logicalId, current)
  }
  visit(resource, [])
  return [...visited.values()]
}
