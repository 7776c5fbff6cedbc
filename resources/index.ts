// Everything that the stack holds besides the functions, by subject.
import { fileURLToPath } from 'node:url'
import type { Site } from '../functions/lib/domain/site.ts'
import { alarms } from './alarms.ts'
import type { Resources } from './cloudformation.ts'
import { dashboard } from './dashboard.ts'
import { documentName, hostDocuments, lookUseDocument } from './documents.ts'
import { door, doorExtensions } from './door.ts'
import { events } from './events.ts'
import { hasIdle, optionalFunctionsOf } from './functions.ts'
import { queues } from './queues.ts'
import { type RoleOptions, roles } from './roles.ts'
import { type DeclaredSite, siteParameters, sitesOfStage } from './sites.ts'

/** Named by serverless.yml's functions and their queues. */
const MAPPINGS = [
  'DnsDashsyncEventSourceMappingSQSDnsQueue',
  'HostDashconfigEventSourceMappingSQSHostQueue',
  'CertificateEventSourceMappingSQSCertificateQueue',
  'OutcomeEventSourceMappingSQSOutcomeQueue',
]

/** The name ends in the content's hash: a change is a new document, and commands under way keep theirs. */
function documents(stage: string, sites: readonly Site[]): Resources {
  const all = { ...hostDocuments(), ...(hasIdle(sites) ? { LookUseDocument: lookUseDocument() } : {}) }
  const entries = Object.entries(all).map(([logical, content]) => {
    const base = `ragstream-edge-${stage}-${logical.replace(/Document$/, '')}`
    const Properties = {
      Name: documentName(base, JSON.stringify(content)),
      DocumentType: 'Command',
      DocumentFormat: 'JSON',
      TargetType: '/AWS::EC2::Instance',
      Content: content,
    }
    return [logical, { Type: 'AWS::SSM::Document', Properties }]
  })
  return Object.fromEntries(entries)
}

/**
 * A hyphen would let the rights of one stage (…-prod-*) cover another (prod-eu); with more than 16 characters the names of roles pass IAM's 64,
 * CloudFormation cuts them, and no pattern for them holds.
 */
function checkStage(stage: string): void {
  if (!/^[a-z][a-z0-9]{0,15}$/.test(stage))
    throw new Error(`stage: found ${JSON.stringify(stage)}, wanted 1 to 16 small letters and digits, a letter first`)
}

const declared = (stage: string) => sitesOfStage(fileURLToPath(new URL('sites/', import.meta.url)), stage)

/** Functions of serverless.yml that are there only for some sites. */
export const optionalFunctions = (stage: string) => optionalFunctionsOf(declared(stage).map(({ site }) => site))

export function resources(stage: string, options: RoleOptions = {}): ReturnType<typeof resourcesFor> {
  checkStage(stage)
  return resourcesFor(stage, declared(stage), options)
}

/** Of a stage with these sites. */
export function resourcesFor(
  stage: string,
  declaredSites: readonly DeclaredSite[],
  options: RoleOptions = {},
): { readonly Resources: Resources; readonly extensions: ReturnType<typeof doorExtensions> } {
  const sites = declaredSites.map(({ site }) => site)
  const listening = events(stage, sites)
  const watching = alarms(stage, sites)
  return {
    Resources: {
      ...queues(),
      ...listening,
      ...roles(stage, sites, options),
      ...documents(stage, sites),
      ...watching,
      ...dashboard(
        stage,
        Object.keys(watching).filter((id) => id.endsWith('Alarm')),
        sites,
      ),
      ...siteParameters(stage, declaredSites, [...Object.keys(listening), ...MAPPINGS]),
      ...door(stage, sites),
    },
    extensions: doorExtensions(sites),
  }
}
