// An upgrade of the whole stack on real machines, and the way back, under a visitor who asks again and again: node test/picture/upgrade.ts.
// FROM is the commit from which it is upgraded. Ends with 1 where the visitor got anything but the page.
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { toldBefore } from '../../cli/deploy/tell.ts'
import { packaged } from '../../local/package.ts'
import { served, until } from '../../local/scenario.ts'
import { beside, here } from '../support/edge.ts'
import { type RealCloud, realCloud } from '../support/real.ts'
import { visiting } from '../support/visitor.ts'

const FROM = process.env.FROM ?? 'c0a8d9870b3c'
const PATIENCE = 300
const TEMPLATE = 'cloudformation-template-update-stack.json'

const isThere = (commit: string): boolean => {
  try {
    execFileSync('git', ['cat-file', '-e', `${commit}^{commit}`], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** The stack as that commit makes it, with the packages of today. */
function packagedAt(commit: string, folder: string): string {
  const [project, result] = [join(folder, 'project'), join(folder, 'package')]
  mkdirSync(project)
  const archive = execFileSync('git', ['archive', commit], { maxBuffer: 1 << 30 })
  execFileSync('tar', ['-x', '-C', project], { input: archive })
  symlinkSync(resolve('node_modules'), join(project, 'node_modules'))
  const env = { ...process.env, HOME: folder, TMPDIR: folder }
  const words = [resolve('node_modules/.bin/sls'), 'package', '--package', result]
  execFileSync(process.execPath, words, { cwd: project, env, stdio: 'pipe' })
  return result
}

const configured = ({ commands }: RealCloud['world']['state'], hostname: string) =>
  [...commands.values()].filter(
    ({ documentName, comment }) => documentName.includes('ConfigureHost') && comment.startsWith(hostname),
  )

interface Template {
  readonly Resources: Readonly<Record<string, object>>
}

/** Resources that only one of them has, and those that both have in another form. */
function changedResources(from: Template, to: Template): string[] {
  const [before, after] = [from.Resources, to.Resources]
  const gone = Object.keys(before).filter((id) => !(id in after))
  const fresh = Object.keys(after).filter((id) => !(id in before))
  const other = Object.keys(after).filter((id) => id in before && !isDeepStrictEqual(before[id], after[id]))
  return [`new: ${fresh.join(', ') || 'none'}`, `gone: ${gone.join(', ') || 'none'}`, `changed: ${other.length}`]
}

const templateIn = (folder: string): Template => JSON.parse(readFileSync(join(folder, TEMPLATE), 'utf8'))

/** As ./edge deploy does it: the stack, then a first look, which brings the other document to the host. */
async function deployed(cloud: RealCloud, id: string, from: string, to: string): Promise<void> {
  const { hostname } = cloud.site
  for (const line of changedResources(templateIn(from), templateIn(to))) console.log(`  ${line}`)
  const known = new Set(cloud.world.state.commands.keys())
  const started = Date.now()
  await cloud.stack.update(join(to, TEMPLATE))
  await cloud.stack.invoke('resync', { all: true })
  const command = await until(cloud, 'its host has run the other document', PATIENCE, (world) =>
    configured(world, hostname).find(
      (one) => !known.has(one.id) && (one.invocations.get(id)?.endedAt ?? null) !== null,
    ),
  )
  const { status = '', stdout = '' } = command.invocations.get(id) ?? {}
  console.log(
    `  ${command.documentName}: ${status}, ${((Date.now() - started) / 1000).toFixed(1)} s after the deploy began`,
  )
  for (const line of stdout.split('\n').filter((one) => / result=(changed|failed|restored)/.test(one)))
    console.log(`  ${line}`)
  if (status !== 'Success') throw new Error(`${command.documentName}: found ${status}, wanted Success`)
  await cloud.stack.idle({ retries: true })
}

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'ragstream-edge-upgrade-'))
  let cloud: RealCloud | undefined
  try {
    const [old, present] = [packagedAt(FROM, folder), await packaged()]
    cloud = await realCloud({ packageFolder: old })
    const id = cloud.launch()
    // Commands of older commits lack what `untilLive` reads.
    const address = await until(cloud, 'the site is live', PATIENCE, (world) => {
      const { publicIp } = world.instances.get(id)!
      const isDone = configured(world, cloud!.site.hostname).some(
        (one) => one.invocations.get(id)?.status === 'Success',
      )
      return isDone && publicIp && served(world, cloud!.site)?.includes(publicIp) ? publicIp : undefined
    })
    console.log(`live at ${address}, deployed from ${FROM}`)
    await cloud.stack.idle({ retries: true })
    const containers = () => cloud!.machine(id).exec(['docker', 'ps', '--format', '{{.Names}} {{.ID}}'])
    const container = (await containers()).stdout
    const statuses = await visiting(cloud.room.client, `-m 60 http://${cloud.site.hostname}/`, async () => {
      console.log('\nupgrade')
      const place = { stage: cloud!.stage, region: cloud!.world.state.region }
      for (const line of await here({ env: beside(cloud!) }, () => toldBefore('deploy', place)))
        console.log(`  ${line}`)
      await deployed(cloud!, id, old, present)
      console.log('\nback again')
      await deployed(cloud!, id, present, old)
    })
    const counts = Map.groupBy(statuses, (status) => status)
    const seen = [...counts].map(([status, all]) => `${all.length} x ${status}`).join(', ')
    const replaced =
      (await containers()).stdout === container ? 'the container of before runs' : 'another container runs'
    console.log(`\nthe visitor got ${seen}; ${replaced}`)
    if (counts.size !== 1 || !counts.has('200')) throw new Error(`the visitor got ${seen}, wanted 200 alone`)
    console.log(`ok: from ${FROM} to the present commit and back`)
  } finally {
    await cloud?.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

if (isThere(FROM)) {
  await main().catch((error: Error) => {
    console.log(`failed: ${error.message}`)
    process.exitCode = 1
  })
} else console.log(`NOT RUN: the commit ${FROM} is not in this clone. A shallow clone lacks it: git fetch --unshallow`)
