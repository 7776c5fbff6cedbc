// node bench/schedule.ts [commit...]: the calls of four looks of the schedule at sites that are live, of one site and of ten, by operation, at
// each commit; without one at HEAD. Of two commits or more, the table goes into docs/performance.md.
import { execFileSync } from 'node:child_process'
import { globSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { furnishAccount, until } from '../local/scenario.ts'
import type { World } from '../local/world/types.ts'
import { testCloud } from '../test/support/cloud.ts'
import { aligned, markdown, type Table } from './figures.ts'
import { keepPart } from './parts.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const LOOKS = 4
const SIZES = [1, 10] as const

type Counts = ReadonlyMap<string, number>

interface Column {
  readonly title: string
  readonly counts: Counts
}

/** A poll for the end of an inspection: how many there are depends on how long the inspection takes. */
const POLL = 'ssm GetCommandInvocation'

async function main(): Promise<void> {
  const commits = process.argv.slice(2)
  const columns: Column[] = []
  for (const size of SIZES)
    for (const commit of commits.length > 0 ? commits : ['HEAD'])
      columns.push({ title: `${titleOf(size)}, ${commit}`, counts: await measure(commit, size) })
  const table = tableOf(columns)
  console.log(aligned(table))
  if (commits.length > 1) keepPart('schedule', page(table))
}

const titleOf = (size: number): string => (size === 1 ? '1 site' : `${size} sites`)

/** The packaged functions of the commit, on the local cloud of this checkout. */
async function measure(commit: string, size: number): Promise<Counts> {
  const folder = mkdtempSync(join(tmpdir(), 'ragstream-edge-schedule-'))
  try {
    const project = join(folder, 'project')
    extract(commit, project)
    declare(project, size)
    const { slsPackage } = await import(join(project, 'local', 'package.ts'))
    const packageFolder = join(folder, 'package')
    await slsPackage(packageFolder, new AbortController().signal)
    return await looks(packageFolder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function extract(commit: string, folder: string): void {
  execFileSync(
    'bash',
    ['-euo', 'pipefail', '-c', 'mkdir "$2"; git archive "$1" | tar -x -C "$2"', 'bash', commit, folder],
    {
      cwd: ROOT,
    },
  )
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
}

/** The declared site, and others like it, each on an instance of its own. */
function declare(project: string, size: number): void {
  const [file = ''] = globSync(join(project, 'resources', 'sites', '*.json'))
  const site = JSON.parse(readFileSync(file, 'utf8'))
  for (let n = 2; n <= size; n++) {
    const hostname = `n${n}.${site.hostname.split('.').slice(1).join('.')}`
    const other = { ...site, hostname, instances: { 'tag:Name': hostname } }
    writeFileSync(join(project, 'resources', 'sites', `${hostname}.json`), JSON.stringify(other))
  }
}

async function looks(packageFolder: string): Promise<Counts> {
  const cloud = await testCloud({ packageFolder })
  try {
    const ids = furnishAccount(cloud, cloud.sites, cloud.stage)
    await cloud.deploy()
    cloud.world.dispatch({ type: 'StartInstances', ids })
    await until(cloud, 'each host is configured', 600, (world) => (areConfigured(world, ids) ? true : undefined))
    await cloud.stack.idle({ retries: true })
    // The first look finds what the starts left to tell.
    cloud.stack.triggerSchedule('ReconcileRule')
    await cloud.stack.idle({ retries: true })
    const before = cloud.called().length
    for (let look = 0; look < LOOKS; look++) {
      cloud.stack.triggerSchedule('ReconcileRule')
      await cloud.stack.idle({ retries: true })
    }
    const calls = cloud.called().slice(before)
    return new Map([...Map.groupBy(calls, (call) => call)].map(([call, all]) => [call, all.length]))
  } finally {
    await cloud.close()
  }
}

const areConfigured = ({ commands }: World, ids: readonly string[]): boolean =>
  ids.every((id) => [...commands.values()].some(({ invocations }) => invocations.get(id)?.status === 'Success'))

function tableOf(columns: readonly Column[]): Table {
  const calls = [...new Set(columns.flatMap(({ counts }) => [...counts.keys()]))].filter((call) => call !== POLL).sort()
  const sum = (counts: Counts) => calls.reduce((all, call) => all + (counts.get(call) ?? 0), 0)
  return {
    title: `Calls of ${LOOKS} looks of the schedule at live sites`,
    columns: ['call', ...columns.map(({ title }) => title)],
    rows: [
      ...calls.map((call) => [call, ...columns.map(({ counts }) => String(counts.get(call) ?? 0))]),
      ['in all', ...columns.map(({ counts }) => String(sum(counts)))],
    ],
  }
}

const page = (table: Table): string => `
## Looks of the schedule

This table compares commits, which the history of this repository may have no more. The packaged functions of each commit ran on one local cloud (\`node bench/schedule.ts ${process.argv.slice(2).join(' ')}\`).
It counts the calls of ${LOOKS} looks of the schedule. All sites were live, and each had its own instance. Polls for the end of an inspection are not counted, because their number depends on how long the inspection takes.

${markdown(table)}

`

await main()
