// ./edge deploy and ./edge remove say first what becomes of running hosts. Reads only; what cannot be read is told, and keeps nothing back.
import { listInstances } from '../../functions/lib/aws/ec2/instances.ts'
import { selectInstances } from '../../functions/lib/domain/instance.ts'
import { plainLines } from '../../functions/lib/domain/plain-text.ts'
import type { Place } from '../../functions/lib/steps/place.ts'
import { configureHostDocument, documentName } from '../../resources/documents.ts'
import { sitesOfStage } from '../../resources/sites.ts'
import { LOG_IN, lacksCredentials } from '../credentials.ts'
import { Refused } from '../invoke.ts'
import { documentOf, readDeclared, resolved } from '../site/read.ts'
import { changesOf, type Deployment, remainsOf } from './changes.ts'

export type Verb = 'deploy' | 'remove'

const FILES = 'resources/sites'

/** Lines for the person; mistakes of the files are the package step's to tell. */
export async function toldBefore(verb: Verb, { stage, region }: Place, files = FILES): Promise<string[]> {
  try {
    const deployment = await lookAt(stage, verb === 'deploy' ? sitesOfStage(files, stage) : [])
    const lines = verb === 'deploy' ? changesOf(deployment) : remainsOf(deployment)
    const title = verb === 'deploy' ? 'this deploy changes' : 'this removal leaves'
    return lines.length === 0
      ? []
      : [`${title} (stage ${stage}, region ${region}):`, ...lines.map((text) => `  ${plainLines(text)}`)]
  } catch (error) {
    const why = lacksCredentials(error as Error) ? LOG_IN : (error as Error).message.split('\n')[0]
    return [`what this ${verb} changes on running hosts was not read: ${plainLines(why ?? '')}`]
  }
}

async function lookAt(
  stage: string,
  declared: readonly { readonly site: Deployment['sites'][number] }[],
): Promise<Deployment> {
  const sites = declared.map(({ site }) => site)
  const [instances, stored, isOtherDocument] = await Promise.all([
    listInstances(stage),
    readDeclared({ stage }),
    hasOtherDocument(stage),
  ])
  const deployed = resolved({ ...stored, images: [], certificates: [] }).sites
  const all = [...new Map([...deployed, ...sites].map((site) => [site.hostname, site])).values()]
  const selected = selectInstances(all, instances)
  const running = new Map(
    [...selected].map(([hostname, members]) => [
      hostname,
      members.filter(({ state }) => state === 'running').map(({ id }) => id),
    ]),
  )
  return { sites, deployed, running, isOtherDocument }
}

/** False where none is deployed. */
async function hasOtherDocument(stage: string): Promise<boolean> {
  const base = `ragstream-edge-${stage}-ConfigureHost`
  try {
    return (
      (await documentOf({ stage }, 'ConfigureHost')) !== documentName(base, JSON.stringify(configureHostDocument()))
    )
  } catch (error) {
    if (error instanceof Refused) return false
    throw error
  }
}
