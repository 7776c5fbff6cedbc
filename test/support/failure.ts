// What a failed test of the picture leaves behind: one folder with screenshots, packet summaries and all logs.
import { copyFileSync, existsSync, globSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describeHappening } from '../../cli/start/timeline.ts'
import type { Happening } from '../../local/cloud.ts'
import { cacheFolder } from '../../local/machine/paths.ts'
import type { RealCloud } from './real.ts'

/** Patient: the machine may be shared. */
const LIMIT_MS = 600_000

/** A test whose failure says where its evidence lies. */
export function pictureTest(name: string, cloud: () => RealCloud, body: () => Promise<void>, limitMs = LIMIT_MS): void {
  test(name, () => withEvidence(name, cloud, body), limitMs)
}

export async function withEvidence(name: string, cloud: () => RealCloud, body: () => Promise<void> | void) {
  try {
    await body()
  } catch (error) {
    const folder = await keepEvidence(name, cloud()).catch((also: Error) => `none: ${also.message}`)
    throw new Error(`${(error as Error).message}\n\nevidence: ${folder}`, { cause: error })
  }
}

/** @returns the folder, `${cache}/failures/<test>` */
export async function keepEvidence(name: string, cloud: RealCloud): Promise<string> {
  const folder = join(cacheFolder(), 'failures', name.replaceAll(/[^\w.-]+/g, '-').replaceAll(/^-|-$/g, ''))
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const keep = (file: string, content: string | Buffer) => writeFileSync(join(folder, file), content)
  keep('timeline.txt', timeline(cloud.happened))
  keep('world.json', JSON.stringify(cloud.world.state, plain, 2))
  keep('packets.txt', `${cloud.traffic.lines.join('\n')}\n`)
  keep('edge.txt', await edgeState(cloud))
  for (const log of globSync(join(cloud.room.folder, '*.log'))) copyFileSync(log, join(folder, basename(log)))
  for (const id of cloud.world.state.instances.keys()) await keepHost(folder, cloud, id)
  // Last: the browser may hang on exactly what has failed.
  await cloud.visitor.visit(`http://${cloud.site.hostname}/`, { timeoutMs: 10_000 }).catch(() => {})
  for (const [at, { url, outcome, screenshot }] of cloud.seen.slice(-10).entries())
    keep(`screen-${at}-${`${url} ${outcome}`.replaceAll(/[^\w.]+/g, '-')}.png`, screenshot)
  return folder
}

/** As `npm start -- --verbose` shows it, and the functions' own lines whole. */
function timeline(happened: readonly (Happening & { readonly at: number })[]): string {
  const lines = happened.flatMap((one) => {
    const who = one.kind === 'log' ? { who: one.function, what: one.line } : describeHappening(one, true)
    return who ? [`${new Date(one.at).toISOString()} ${who.who.padEnd(12)} ${who.what}`] : []
  })
  return `${lines.join('\n')}\n`
}

const plain = (_: string, value: unknown) => (value instanceof Map ? Object.fromEntries(value) : value)

async function edgeState({ room, world }: RealCloud): Promise<string> {
  const parts = [...world.state.instances.values()].map(async ({ id, state, privateIp, publicIp }) => {
    const [group, flows] = [await room.evidence.groupDecisions(privateIp), publicIp ?? '']
    const connections = flows ? await room.evidence.connections(flows).catch(() => []) : []
    return [
      `${id} is ${state}, ${publicIp} -> ${privateIp}`,
      ...[...group, ...connections].map((one) => JSON.stringify(one)),
    ]
  })
  return `${(await Promise.all(parts)).flat().join('\n')}\n`
}

/** What a person would look at on a host. */
const LOOKS: Readonly<Record<string, readonly string[]>> = {
  'nginx-access.log': ['cat', '/var/log/nginx/access.log'],
  'nginx-error.log': ['cat', '/var/log/nginx/error.log'],
  'nginx-configuration.txt': ['nginx', '-T'],
  'ragstream-edge.log': ['cat', '/var/log/ragstream-edge.log'],
  'journal.log': ['journalctl', '--boot', '--no-pager', '--lines=2000'],
  'sockets.txt': ['ss', '-tanp'],
  'containers.txt': ['docker', 'ps', '--all', '--no-trunc'],
  'app.log': ['sh', '-c', 'for c in $(docker ps -aq); do echo "== $c"; docker logs --tail 500 "$c" 2>&1; done'],
}

async function keepHost(folder: string, cloud: RealCloud, id: string): Promise<void> {
  const machine = cloud.hosts.machine(id)
  const own = join(folder, id)
  mkdirSync(own)
  const console = join(cloud.room.folder, id, 'console.log')
  if (existsSync(console)) copyFileSync(console, join(own, 'console.log'))
  if (!machine?.running) return
  for (const [file, argv] of Object.entries(LOOKS)) {
    const { stdout, stderr } = await machine.exec(argv, { timeoutMs: 60_000 })
    writeFileSync(join(own, file), stdout + stderr)
  }
}
