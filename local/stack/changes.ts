// From one template to the next, as CloudFormation goes: it compares template with template, never with the world.

import { isDeepStrictEqual } from 'node:util'
import type { Cloud, Deployment } from './deployment.ts'
import { living } from './living.ts'
import { creationOrder } from './order.ts'
import type { Resource, StackTemplate } from './template.ts'

export function createAll(deployment: Deployment): void {
  for (const resource of creationOrder(deployment.template)) living[resource.type]?.create(resource, deployment)
}

/** New and changed resources in the order of creation; what is no longer wanted goes last, newest first. */
export async function applyChanges(before: StackTemplate, deployment: Deployment): Promise<void> {
  const after = deployment.template
  const obsolete = new Set([...before.resources.values()].filter(({ logicalId }) => !after.resources.has(logicalId)))
  for (const resource of creationOrder(after)) {
    const old = before.resources.get(resource.logicalId)
    if (!old) living[resource.type]?.create(resource, deployment)
    else if (isReplaced(resource, old)) {
      living[resource.type]?.create(resource, deployment)
      obsolete.add(old)
    } else if (!isDeepStrictEqual(resource.properties, old.properties)) await update(resource, deployment)
  }
  for (const resource of creationOrder(before).reverse()) {
    if (obsolete.has(resource)) await remove(resource, deployment.cloud)
  }
}

/** Another name is another resource: it is created beside the old one. */
function isReplaced(resource: Resource, old: Resource): boolean {
  return resource.type !== old.type || resource.ref !== old.ref
}

async function update(resource: Resource, deployment: Deployment): Promise<void> {
  const kind = living[resource.type]
  if (kind && !kind.update) {
    throw new Error(
      `${resource.logicalId}: CloudFormation cannot change a named ${resource.type} in place; give the new one another name`,
    )
  }
  await kind?.update?.(resource, deployment)
}

async function remove(resource: Resource, cloud: Cloud): Promise<void> {
  const kind = living[resource.type]
  if (kind && !kind.remove) {
    throw new Error(
      `${resource.logicalId}: the local cloud cannot remove a ${resource.type}; teach it in local/stack/living.ts`,
    )
  }
  await kind?.remove?.(resource, cloud)
}
