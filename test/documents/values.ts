// The values that a run on a rendered host gets, as the agent pastes them into a document or as a person exports them.
import { allParameters } from '../../functions/lib/hosts/parameters.ts'
import { paste } from '../../local/agent/script.ts'
import type { DocumentContent } from '../../resources/documents.ts'

export const NAME = 'ragstream.rusbehabtahi.com'
export const CONTAINER = `ragstream-edge-${NAME}`

export type Values = Partial<Record<(typeof allParameters)[number]['name'], string>>

const usual: Values = {
  Hostname: NAME,
  Image: 'ragstream:1.4.0',
  SiteHash: 'abcdef123456',
  StartTimeout: '1',
  Rollout: 'replace',
}

function complete(values: Values = {}): Record<string, string> {
  const defaults = allParameters.map((parameter) => [parameter.name, 'default' in parameter ? parameter.default : ''])
  return { ...Object.fromEntries(defaults), ...usual, ...values }
}

export function documentText(document: DocumentContent, values?: Values): string {
  const parameters = Object.entries(complete(values)).map(([name, value]) => [name, [value]])
  return paste(document.mainSteps[0].inputs.runCommand.join('\n'), Object.fromEntries(parameters))
}

export function environment(values?: Values): Record<string, string> {
  const given = complete(values)
  const variables = allParameters.map(({ name, variable }) => [variable, given[name] ?? ''])
  return Object.fromEntries(variables)
}

export const base64 = (text: string): string => Buffer.from(text).toString('base64')
