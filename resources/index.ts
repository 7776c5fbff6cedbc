// Everything that the stack holds besides the functions, by subject.
import { fileURLToPath } from 'node:url'
import { alarms } from './alarms.ts'
import type { Resources } from './cloudformation.ts'
import { dashboard } from './dashboard.ts'
import { documentName, hostDocuments } from './documents.ts'
import { events } from './events.ts'
import { queues } from './queues.ts'
import { type RoleOptions, roles } from './roles.ts'
import { siteParameters, sitesOfStage } from './sites.ts'

/** Named by serverless.yml's functions and their queues. */
const MAPPINGS = [
  'DnsDashsyncEventSourceMappingSQSDnsQueue',
  'HostDashconfigEventSourceMappingSQSHostQueue',
  'CertificateEventSourceMappingSQSCertificateQueue',
  'OutcomeEventSourceMappingSQSOutcomeQueue',
]

/** The name ends in the content's hash: a change is a new document, and commands under way keep theirs. */
function documents(stage: string): Resources {
  const entries = Object.entries(hostDocuments()).map(([logical, content]) => {
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

export function resources(stage: string, options: RoleOptions = {}): { Resources: Resources } {
  checkStage(stage)
  const sites = sitesOfStage(fileURLToPath(new URL('sites/', import.meta.url)), stage)
  const listening = events(stage)
  const watching = alarms(stage)
  return {
    Resources: {
      ...queues(),
      ...listening,
      ...roles(
        stage,
        sites.map(({ site }) => site),
        options,
      ),
      ...documents(stage),
      ...watching,
      ...dashboard(
        stage,
        Object.keys(watching).filter((id) => id.endsWith('Alarm')),
      ),
      ...siteParameters(stage, sites, [...Object.keys(listening), ...MAPPINGS]),
    },
  }
}
