// The inspect-host document: the command that sends it, and what it printed.
import type { RunCommand } from './command.ts'
import { UnexpectedReply } from './errors.ts'
import type { Inspection } from './inspection.ts'
import type { Site } from './site.ts'

export const inspectHost = (site: Site, documentName: string): RunCommand => ({
  documentName,
  parameters: {
    Hostname: site.hostname,
    HostPort: String(site.container.hostPort),
    ContainerPort: String(site.container.port),
  },
  comment: 'a look by diagnose',
})

const PARTS = ['versions', 'rendering', 'nginx', 'container', 'listening', 'answers', 'firewall'] as const

/** @throws UnexpectedReply when the output is not one inspection of this schema */
export function parseInspection(output: string): Inspection {
  const found = readJson(output.trim()) as Partial<Record<string, unknown>> | undefined
  const missing = PARTS.filter((part) => typeof found?.[part] !== 'object' || found[part] === null)
  if (found?.schema === 1 && missing.length === 0) return found as unknown as Inspection
  const what = found === undefined ? 'no JSON' : `schema ${found.schema}, without ${missing.join(', ') || 'nothing'}`
  throw new UnexpectedReply(`inspect-host printed ${what}; wanted one object of schema 1: ${output.slice(0, 100)}`)
}

function readJson(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}
