// ./edge logs: the last lines of a site's app, of its nginx, or of this service, read on its host by a document of ours.
import { setTimeout as pause } from 'node:timers/promises'
import { readInvocation, sendCommand } from '../../functions/lib/aws/ssm/commands.ts'
import { plainLines } from '../../functions/lib/domain/plain-text.ts'
import type { Site } from '../../functions/lib/domain/site.ts'
import { configureHost, type RunCommand } from '../../functions/lib/hosts/command.ts'
import { type Answer, chosenSite, line, type Scene } from '../edge/scene.ts'
import { Refused } from '../invoke.ts'
import { functionLogs, type LoggedLine } from './function-logs.ts'
import { documentOf, instancesOf, readDeclared, resolved, siteIn } from './read.ts'
import { running } from './roll.ts'

type Source = 'app' | 'nginx' | 'service'

/** Seconds. Each look is a command, which Systems Manager remembers for 30 days. */
const BETWEEN_LOOKS = 3_000
const DELIVERY = 30

export async function logs(scene: Scene): Promise<Answer> {
  const { words } = scene
  if (words.follow && words.json)
    throw new Refused('--follow: found --json beside it, wanted one of them: it has no end')
  const hostname = await chosenSite(scene)
  if (words.functions) return ofFunctions(scene, hostname)
  const site = siteIn(resolved(await readDeclared(scene)), hostname)
  const [host] = running(await instancesOf(scene, site))
  if (!host)
    throw new Refused(`${hostname}: found no running instance, wanted one to ask: ${line(scene, `up ${hostname}`)}`)
  const source: Source = words.nginx ? 'nginx' : words.service ? 'service' : 'app'
  const document = await documentOf(scene, 'ReadLogs')
  const look = async (since: string) => read(host.id, lookAt(site, document, source, since, words.lines ?? 100))
  let seen = await look(words.since ?? '')
  const shell = `a shell there: aws ssm start-session --region ${scene.region} --target ${host.id}`
  const value = { site: hostname, instance: host.id, source, lines: seen.lines }
  if (!words.follow) return { code: 0, screen: [...seen.lines.map(plainLines), shell], value }
  for (;;) {
    for (const text of seen.lines) scene.tell(text)
    await pause(BETWEEN_LOOKS)
    seen = await look(seen.cursor)
  }
}

const UNITS = { s: 1, m: 60, h: 3600, d: 86400 } as const

/** Milliseconds since the epoch. */
function timeBefore(now: number, since = '1h'): number {
  return now - Number(since.slice(0, -1)) * UNITS[since.slice(-1) as keyof typeof UNITS] * 1000
}

async function ofFunctions({ words, stage, tell }: Scene, hostname: string): Promise<Answer> {
  const most = words.lines ?? 100
  const read = (from: number) => functionLogs(stage, hostname, from, most)
  const shown = ({ at, function: name, text }: LoggedLine) => `${new Date(at).toISOString()}  ${name}  ${text}`
  let lines = await read(timeBefore(Date.now(), words.since))
  const value = { site: hostname, source: 'functions', lines }
  if (!words.follow) return { code: 0, screen: lines.map(shown).map(plainLines), value }
  for (;;) {
    for (const line of lines) tell(shown(line))
    const from = (lines.at(-1)?.at ?? Date.now() - BETWEEN_LOOKS) + 1
    await pause(BETWEEN_LOOKS)
    lines = await read(from)
  }
}

/** Its comment begins with no hostname: it is no configuration. What the site's document says of the environment is no secret. */
export function lookAt(site: Site, documentName: string, source: Source, since: string, lines: number): RunCommand {
  const { Hostname = '', Env = '' } = configureHost(site, documentName).parameters
  const parameters = { Hostname, Env, LogSource: source, LogSince: since, LogLines: String(lines) }
  return { documentName, parameters, comment: 'a look at logs' }
}

interface Seen {
  readonly lines: readonly string[]
  /** Where the next look goes on. */
  readonly cursor: string
}

async function read(instance: string, command: RunCommand): Promise<Seen> {
  const id = await sendCommand(instance, command, DELIVERY)
  for (;;) {
    await pause(300)
    const { status = 'Pending', output = '', errors = '' } = (await readInvocation(id, instance)) ?? {}
    if (['Pending', 'InProgress', 'Delayed'].includes(status)) continue
    if (status === 'Success') return seenIn(output)
    throw new Error(`${instance}: the log was not read: ${status}: ${(errors || output).trim()}`)
  }
}

export function seenIn(output: string): Seen {
  const [first = '', ...lines] = output.replace(/\n$/, '').split('\n')
  return { cursor: first.replace(/^cursor=/, ''), lines: lines.filter((text) => text !== '') }
}
