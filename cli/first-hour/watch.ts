// Watches a start as AWS shows it, a look each second: state and address, agent, commands, record and name servers. Reads only.
import { setTimeout as pause } from 'node:timers/promises'
import { listInstances } from '../../functions/lib/aws/ec2/instances.ts'
import { listRecords, nameServersOf } from '../../functions/lib/aws/route53.ts'
import { describeAgent, listCommands } from '../../functions/lib/aws/ssm/commands.ts'
import { credentialsOf } from '../../functions/lib/aws/sts.ts'
import { fqdn } from '../../functions/lib/domain/record.ts'
import type { Site } from '../../functions/lib/domain/site.ts'
import { addressesOf, askServers } from '../../functions/lib/probe/dns.ts'
import { type Seen, spoken } from './block.ts'

export interface Watched {
  readonly site: Site
  readonly stage: string
  readonly instance: string
  /** The document that configures hosts. */
  readonly document: string
}

const EACH = 1_000

/** When something was seen first, in milliseconds of `performance.now()`. */
interface Firsts {
  addressed?: { readonly at: number; readonly state: string; readonly address: string }
  running?: number
  agent?: number
  record?: number
  servers?: number
  /** The first command of this start, as it was when it was found. */
  command?: { readonly status: string; readonly after: number }
}

/** Until it is ended; whatever could not be read is said in the place of its answer. @returns ends it */
export function watchStart(watched: Watched): () => Promise<Seen> {
  const [started, startedAt] = [performance.now(), Date.now()]
  const firsts: Firsts = {}
  const refused = new Map<string, string>()
  const ending = new AbortController()
  const looks = looksAt(watched, firsts, startedAt)
  const watching = (async () => {
    while (!ending.signal.aborted) {
      for (const [name, look] of Object.entries(looks))
        await look().catch((error: Error) => void refused.set(name, error.name))
      await pause(EACH, undefined, { signal: ending.signal }).catch(() => {})
    }
  })()
  return async () => {
    ending.abort()
    await watching
    return told(firsts, started, refused)
  }
}

function looksAt({ site, stage, instance, document }: Watched, firsts: Firsts, startedAt: number) {
  let servers: readonly string[] | undefined
  const nameServers = async () =>
    process.env.RESOLVERS?.split(',') ??
    addressesOf(await nameServersOf(site.hostedZoneId, credentialsOf(site.dnsRoleArn)))
  return {
    async instance() {
      const now = (await listInstances(stage)).find(({ id }) => id === instance)
      if (now?.state === 'running') firsts.running ??= performance.now()
      const isNew = now?.publicIp && (now.state === 'pending' || now.state === 'running')
      if (isNew) firsts.addressed ??= { at: performance.now(), state: now.state, address: now.publicIp! }
    },
    async agent() {
      if (firsts.agent !== undefined || firsts.running === undefined) return
      const agent = await describeAgent(instance)
      if (agent?.pingStatus === 'Online' && (agent.lastPing ?? 0) >= startedAt) firsts.agent = performance.now()
    },
    async command() {
      if (firsts.command) return
      const [first] = (await listCommands(document, instance, startedAt)).sort((a, b) => a.requestedAt - b.requestedAt)
      if (first) firsts.command = { status: first.status, after: Date.now() - first.requestedAt }
    },
    async record() {
      if (firsts.record !== undefined || !firsts.addressed) return
      const records = await listRecords(site.hostedZoneId, [fqdn(site.hostname)], credentialsOf(site.dnsRoleArn))
      const { address } = firsts.addressed
      if (records.some(({ type, values }) => type === 'A' && values.includes(address)))
        firsts.record = performance.now()
    },
    async nameServers() {
      if (firsts.servers !== undefined || firsts.record === undefined) return
      servers ??= await nameServers()
      const answers = await askServers(servers, site.hostname)
      const { address } = firsts.addressed!
      if (answers.length > 0 && answers.every(({ addresses }) => addresses.includes(address)))
        firsts.servers = performance.now()
    },
  }
}

/** To a second: so often is it looked. */
function told(firsts: Firsts, started: number, refused: ReadonlyMap<string, string>): Seen {
  const { addressed, running, agent, record, servers, command } = firsts
  const why = (name: string) => (refused.has(name) ? `not read: ${refused.get(name)}` : 'not seen')
  const after = (at: number | undefined, from: number | undefined, name: string) =>
    at === undefined || from === undefined ? why(name) : spoken(at - from)
  return {
    address: addressed ? `${spoken(addressed.at - started)}, while it is ${addressed.state}` : why('instance'),
    agent: after(agent, running, 'agent'),
    nameServers: after(servers, record, 'nameServers'),
    pending: command ? `first found ${command.status}, ${spoken(command.after)} after it was sent` : why('command'),
  }
}
