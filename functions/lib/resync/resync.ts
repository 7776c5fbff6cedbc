// Finds and mends differences of records and hosts, by the same steps as every event: for the schedule, and for a person.
import { overdueCertificate } from '../certificates/plan.ts'
import type { Diagnosis } from '../diagnosis/diagnosis.ts'
import { chosenInstance } from '../diagnosis/observation.ts'
import { type Instance, selects } from '../domain/instance.ts'
import { type ReportedProblem, type ReportedProblems, toReported } from '../domain/news.ts'
import type { Site } from '../domain/site.ts'
import { convergeHosts } from '../hosts/converge.ts'
import { describePlannedHost, isDone, type PlannedHost } from '../hosts/plan.ts'
import type { HostPorts, HostReport } from '../hosts/ports.ts'
import type { LiveMark, SiteMark, SiteState, WholeState } from '../outcome/state.ts'
import { convergeDns } from '../records/converge.ts'
import { isWrite, type PlannedRecord } from '../records/plan.ts'
import type { Applied, DnsPorts, DnsReport } from '../records/ports.ts'
import type { Resynced } from './report.ts'
import type { ResyncRequest } from './request.ts'

export interface ResyncPorts {
  readonly dns: DnsPorts
  readonly hosts: HostPorts
  /** The command by which a host was inspected in this run. */
  inspectionOf(host: Pick<PlannedHost, 'site' | 'instanceId'>): string | undefined
  /**
   * A diagnosis of the site by what this run has read; undefined where its host was not inspected.
   * @param deadline milliseconds since the epoch
   */
  look(host: Pick<PlannedHost, 'site' | 'instanceId'>, deadline: number): Promise<Diagnosis | undefined>
  /** Hostname -> the notices and starts that `outcome` reported. */
  readStates(): Promise<ReadonlyMap<string, WholeState>>
  forgetMark(forgotten: SiteMark): Promise<void>
}

export interface ResyncRun extends ResyncRequest {
  /** Milliseconds since the epoch by which it must have ended. */
  readonly deadline: number
  readonly onApplied: (planned: PlannedRecord, applied: Applied) => void
  readonly onSent: HostRequestOnSent
}

type HostRequestOnSent = Parameters<typeof convergeHosts>[1]['onSent']

export interface ResyncResult extends Resynced {
  /** Sites to be looked at again in a minute, before their records are parked. */
  readonly unmatched: readonly string[]
  /** Hostnames of all sites. */
  readonly declared: ReadonlySet<string>
  readonly instances: readonly Instance[]
  /** Ids of the commands that it has sent. */
  readonly sent: readonly string[]
}

/** The requested site or instance does not exist. The sentence lists those that do. */
export class NothingThere extends Error {}

/** @throws NothingThere, OutOfTime */
export async function resync(ports: ResyncPorts, run: ResyncRun): Promise<ResyncResult> {
  const names = await namesInScope(ports, run)
  const inScope = (site: string) => names === undefined || names.has(site)
  const dns = await convergeDns(narrowed(ports.dns, inScope), { ...NEVER_FORCED, ...run })
  const { scope } = run
  const only = ({ site, instanceId }: PlannedHost) =>
    inScope(site) && (scope.kind !== 'instance' || scope.instanceId === instanceId)
  const sent = new Set<string>()
  const told: PlannedHost[] = []
  const onSent: HostRequestOnSent = (planned, ...rest) => {
    if (!sent.has(describePlannedHost(planned))) told.push(planned)
    sent.add(describePlannedHost(planned))
    run.onSent(planned, ...rest)
  }
  const hosts = await convergeHosts(ports.hosts, {
    force: false,
    dryRun: run.dryRun,
    looksForDrift: true,
    deadline: run.deadline,
    onSent,
    only,
  })
  const sites = hosts.sites.filter(({ hostname }) => inScope(hostname))
  const overdue = overdueCertificates(sites, ports.hosts.clock.now())
  return { ...summary(dns, hosts, told, inScope, run.dryRun), overdue, sent: hosts.sent.map(({ id }) => id) }
}

const NEVER_FORCED = { unmatchedBefore: new Set<string>(), force: false } as const

function summary(
  dns: DnsReport,
  hosts: HostReport,
  told: readonly PlannedHost[],
  inScope: (site: string) => boolean,
  dryRun: boolean,
): Omit<ResyncResult, 'overdue' | 'sent'> {
  return {
    dns: { ...dns, applied: dryRun ? dns.plan.filter(isWrite) : dns.applied },
    host: {
      ...{ plan: hosts.plan, silent: hosts.silent },
      told: dryRun ? hosts.plan.filter(({ action }) => action === 'send') : told,
      problems: hosts.problems.filter(({ site }) => inScope(site)),
    },
    broken: hosts.broken.filter(({ hostname }) => inScope(hostname)),
    unmatched: dns.unmatched,
    declared: hosts.declared,
    instances: dns.instances,
  }
}

/** A second check of the certificates, because the function that renews them may itself fail. */
const overdueCertificates = (sites: readonly Site[], now: number): ResyncResult['overdue'] =>
  sites.flatMap((site) => {
    const sentence = overdueCertificate(site, now)
    return sentence ? [{ site: site.hostname, sentence: `certificate-overdue: ${site.hostname}: ${sentence}` }] : []
  })

/** Undefined for all of them. */
async function namesInScope(
  { hosts }: ResyncPorts,
  { scope }: ResyncRequest,
): Promise<ReadonlySet<string> | undefined> {
  if (scope.kind === 'all') return undefined
  const { sites, broken } = await hosts.readSites()
  const declared = [...sites, ...broken].map(({ hostname }) => hostname)
  if (scope.kind === 'site') {
    if (declared.includes(scope.hostname)) return new Set([scope.hostname])
    throw new NothingThere(`site: found "${scope.hostname}", wanted ${oneOf(declared)}`)
  }
  const instances = await hosts.listInstances()
  const instance = instances.find(({ id }) => id === scope.instanceId)
  const own = sites.filter((site) => instance && selects(site.instances, instance))
  if (own.length > 0) return new Set(own.map(({ hostname }) => hostname))
  const wanted = instance ? 'one that a site selects' : oneOf(instances.map(({ id }) => id))
  throw new NothingThere(`instance: found "${scope.instanceId}", wanted ${wanted}`)
}

const oneOf = (names: readonly string[]): string =>
  names.length > 0 ? `one of ${names.join(', ')}` : 'another stage: this one has none'

const narrowed = (ports: DnsPorts, inScope: (site: string) => boolean): DnsPorts => ({
  ...ports,
  readSites: async () => {
    const { sites, broken } = await ports.readSites()
    return { broken, sites: sites.filter(({ hostname }) => inScope(hostname)) }
  },
})

/** Milliseconds after a start by which the site should be live. */
const LONG = 15 * 60_000

/** Hosts whose start is older than that, got its command, and is still not reported as live. */
export function startsWithoutSuccess(
  { host, instances }: ResyncResult,
  states: ReadonlyMap<string, SiteState>,
  now: number,
): PlannedHost[] {
  return host.plan.filter((planned) => {
    const launchTime = launchOf(planned, instances)
    const since = Math.max(launchTime, planned.last?.requestedAt ?? launchTime)
    const isSaid = marksOf(planned, states).some((mark) => mark.launchTime === launchTime)
    return now - since > LONG && isLookedAt(planned, { host, instances }) && !isSaid
  })
}

const launchOf = ({ instanceId }: PlannedHost, instances: readonly Instance[]): number =>
  instances.find(({ id }) => id === instanceId)?.launchTime ?? Number.POSITIVE_INFINITY

/** A diagnosis checks one instance of a site, so only that instance is ever reported as live. */
function isLookedAt({ site, instanceId }: PlannedHost, { host, instances }: Pick<ResyncResult, 'host' | 'instances'>) {
  const own = new Set(host.plan.filter((one) => one.site === site).map((one) => one.instanceId))
  return chosenInstance(instances.filter(({ id }) => own.has(id)))?.id === instanceId
}

const marksOf = ({ site, instanceId }: PlannedHost, states: ReadonlyMap<string, SiteState>): LiveMark[] =>
  (states.get(site)?.live ?? []).filter((mark) => mark.instanceId === instanceId)

/** For each site the host that a diagnosis checks, if its command succeeded. */
const configured = (result: ResyncResult): PlannedHost[] =>
  result.host.plan.filter((planned) => isDone(planned) && isLookedAt(planned, result))

const isSaid = (planned: PlannedHost, { instances }: ResyncResult, states: ReadonlyMap<string, SiteState>): boolean =>
  marksOf(planned, states).some(
    ({ launchTime, siteHash }) =>
      launchTime === launchOf(planned, instances) && siteHash === planned.command.parameters.SiteHash,
  )

/** Hosts of sites that were reported as live, and may have broken since, outside of their host. All other sites are among the findings. */
export const saidLive = (result: ResyncResult, states: ReadonlyMap<string, SiteState>): PlannedHost[] =>
  configured(result)
    .filter((planned) => isSaid(planned, result, states))
    .filter(({ site }) => !states.get(site)?.told.some(({ name }) => name === 'NotLive'))

/** Sites for `outcome` to check: with a problem, with an open notice that may be over, or not yet reported as live. */
export function findingsOf(result: ResyncResult, states: ReadonlyMap<string, SiteState>): ReportedProblems {
  const { dns, host, broken } = result
  const findings: ReportedProblem[] = [
    ...dns.problems.map((problem) => toReported(problem, 'dns', false)),
    ...host.problems.map((problem) => toReported(problem, 'host', false)),
  ]
  const unsaid = configured(result).filter((planned) => !isSaid(planned, result, states))
  const told = [...states].flatMap(([site, state]) => (state.told.length > 0 ? [site] : []))
  const sites = [findings, unsaid].flat().map(({ site }) => site)
  return {
    ...{ kind: 'findings', sources: ['dns', 'host'], findings },
    sites: [...new Set([...sites, ...told, ...broken.map(({ hostname }) => hostname)])],
  }
}
