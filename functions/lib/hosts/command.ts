// The Run Command that gives a host its site, as a value, and what is known of commands already sent.

import type { FieldError } from '../domain/field-error.ts'
import type { Site } from '../domain/site.ts'
import { fingerprint } from './fingerprint.ts'
import { type HostParameter, type HostParameterName, hostParameters } from './parameters.ts'

export interface RunCommand {
  readonly documentName: string
  readonly parameters: Readonly<Record<string, string>>
  /** `<hostname> <12 hex>`: what a later look recognises the command by (at most 100 characters). */
  readonly comment: string
}

const base64Lines = (lines: readonly string[]): string =>
  lines.length === 0 ? '' : Buffer.from(lines.map((line) => `${line}\n`).join('')).toString('base64')

/** The site as the document's parameters. Its hash covers document and values: another document is another command. */
export function configureHost(site: Site, documentName: string): RunCommand {
  const { container, proxy } = site
  const values: Record<Exclude<HostParameterName, 'SiteHash' | 'SentAt'>, string> = {
    Hostname: site.hostname,
    Aliases: site.aliases.join(','),
    Image: site.image,
    Pull: site.pull,
    ContainerPort: String(container.port),
    HostPort: String(container.hostPort),
    ClientMaxBodySize: proxy.clientMaxBodySize,
    ReadTimeout: proxy.readTimeout,
    ConnectionsPerAddress: String(proxy.connectionsPerAddress),
    Connections: proxy.connections === null ? '' : String(proxy.connections),
    Uploads: String(proxy.uploads),
    HealthPath: site.health.path,
    HealthBody: Buffer.from(site.health.body ?? '').toString('base64'),
    StartTimeout: String(container.startTimeout),
    Memory: container.memory ?? '',
    ReadOnlyRoot: String(container.readOnlyRoot),
    Metadata: String(container.metadata),
    Pids: String(container.pids),
    TmpSize: container.tmpSize,
    HostPorts: [...container.hostPorts].sort((a, b) => a - b).join(','),
    Rollout: site.rollout ?? 'replace',
    Adopt: String(site.adopt),
    SecretsPath: container.secretsPath ?? '',
    TlsPath: site.certificate?.path ?? '',
    Hsts: String(site.hsts),
    Networks: site.access.networks.join(','),
    PasswordsPath: site.access.passwordsPath ?? '',
    Guesses: site.access.guesses === null ? '' : String(site.access.guesses),
    Use: site.idle === null ? 'off' : site.idle.byRequests ? 'requests' : 'sessions',
    Env: base64Lines(
      Object.entries(container.env)
        .map(([key, value]) => `${key}=${value}`)
        .sort(),
    ),
    Volumes: base64Lines([...container.volumes].sort()),
  }
  const hash = fingerprint(JSON.stringify([documentName, values]))
  const parameters = { ...values, SiteHash: hash, SentAt: '0' }
  return { documentName, parameters, comment: `${subjectOf(site)} ${hash}` }
}

/** The command with the time at which it is sent, milliseconds since the epoch: a host leaves an older one alone. */
export const sentAt = (command: RunCommand, now: number): RunCommand => ({
  ...command,
  parameters: { ...command.parameters, SentAt: String(now) },
})

/** The word of a comment by which all commands for a site are known. */
export const subjectOf = (site: Pick<Site, 'hostname'>): string => shortened(site.hostname)

/** A look at the site on a host. Its comment begins with no hostname: it is no configuration. */
export const inspectHost = ({ hostname, container, health, websocket }: Site, documentName: string): RunCommand => ({
  documentName,
  parameters: {
    Hostname: hostname,
    HostPort: String(container.hostPort),
    ContainerPort: String(container.port),
    HealthPath: health.path,
    Websocket: websocket ?? '',
  },
  comment: 'a look by diagnose',
})

/** A look at whether somebody uses the host. Its comment begins with no hostname: it is no configuration. */
export const lookUse = (hostnames: readonly string[], documentName: string): RunCommand => ({
  documentName,
  parameters: { Hostnames: hostnames.join(',') },
  comment: 'a look by idle',
})

/**
 * A comment holds 100 characters, a hostname up to 253: the end of a long one, with a hash that keeps two with the same
 * end apart. `~` occurs in no hostname.
 */
const shortened = (hostname: string): string =>
  hostname.length <= 80 ? hostname : `${fingerprint(hostname)}~${hostname.slice(-60)}`

/** Values that the document would refuse. */
export function outsidePatterns(command: RunCommand): FieldError[] {
  const parameters: readonly HostParameter[] = hostParameters
  return parameters.flatMap(({ name, pattern }) => {
    const value = command.parameters[name] ?? ''
    return new RegExp(pattern).test(value)
      ? []
      : [{ path: `parameter ${name}`, found: JSON.stringify(value), wanted: `a match of ${pattern}` }]
  })
}

/** A command that was sent to one instance, as Systems Manager remembers it. */
export interface SentCommand {
  readonly id: string
  readonly instanceId: string
  readonly comment: string
  /** The service's status of the invocation, for example `Success` or `InProgress`. */
  readonly status: string
  /** Milliseconds since the epoch. */
  readonly requestedAt: number
  /** When it ended, as far as a clock of the host can tell: milliseconds since the epoch. */
  readonly endedAt?: number
}

/** What one command came to on one host; the first 24,000 characters of what it printed. */
export interface Invocation {
  /** The service's word: Pending, InProgress, Success, Failed, … */
  readonly status: string
  readonly output: string
  /** The first 8,000 characters of what it printed as errors. */
  readonly errors: string
}

export const isUnderWay = ({ status }: SentCommand): boolean => ['Pending', 'InProgress', 'Delayed'].includes(status)

/** By us, where its agent seems to have lost it, or by a person. */
export const isCancelled = ({ status }: SentCommand): boolean => ['Cancelled', 'Cancelling'].includes(status)

/** Under way or done: nothing more to send. */
export const isGood = (sent: SentCommand): boolean => isUnderWay(sent) || sent.status === 'Success'
