// npm start: the main job on the local cloud. Packages, deploys, starts the instance, stops it, starts it elsewhere.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { type Happening, type LocalCloud, startCloud } from '../../local/cloud.ts'
import { cacheFolder, sweepRunFolders } from '../../local/machine/paths.ts'
import { packaged } from '../../local/package.ts'
import {
  askNameServer,
  type DeclaredSite,
  furnishAccount,
  served,
  startInstance,
  stopInstance,
  until,
} from '../../local/scenario.ts'
import { dnsRoles } from '../dns-role.ts'
import { announce } from '../running.ts'
import { doorOf, WITH_DOOR } from './door.ts'
import { lacksAuthority } from './https.ts'
import { openMode, type StartMode } from './mode.ts'
import { type Options, readOptions, USAGE } from './options.ts'
import { phases } from './phases.ts'
import { takeCommands } from './prompt.ts'
import { type Screen, screen } from './screen.ts'
import { declaredSites } from './sites.ts'
import { describeHappening } from './timeline.ts'

/** Milliseconds that an interrupt waits for the machines to be there, so that it can be closed. */
const PATIENCE = 5_000

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2))
  if (options.help) return console.log(USAGE)
  const output = screen()
  const folder = runFolder()
  const undo: (() => unknown)[] = [() => rmSync(folder, { recursive: true, force: true })]
  const takeDown = once(async () => {
    // Of a build that is broken off, its log is no news.
    for (const step of undo.reverse())
      await Promise.try(step).catch((error: Error) => output.say('close', error.message.split('\n')[0]!, 'bad'))
  })
  const interrupt = onInterrupt(takeDown, output)
  try {
    const packaging = packaged((text) => output.say('package', text), interrupt, options.door ? WITH_DOOR : undefined)
    undo.push(() => packaging.catch(() => {}))
    const packageFolder = await packaging
    const opening = openMode(options, join(folder, 'machines'), output)
    // Machines that are still being prepared are given up: what was started ends with this process, and the next run cleans.
    undo.push(() => Promise.race([opening.then((opened) => opened.close()), pause(PATIENCE)]))
    const mode = await opening
    const declared = declaredSites(packageFolder)
    const shown = options.verbose ? everything : phases()
    const cloud = await startCloud({
      // A minute of `idle` takes a second here, so that one can watch an instance fall asleep.
      environment: { SECONDS_OF_A_MINUTE: '1', SECONDS_BETWEEN_LOOKS: '2' },
      packageFolder,
      stackName: `ragstream-edge-${declared.stage}`,
      room: mode.machines,
      workFolder: join(folder, 'functions'),
      ...(mode.dnsPort === undefined ? {} : { dnsPort: mode.dnsPort }),
      onHappening: (happening) => {
        for (const line of shown(happening)) output.show(line)
      },
    })
    undo.push(() => cloud.close())
    await run({ cloud, mode, options, output, ...declared })
  } finally {
    await takeDown()
    output.end()
  }
}

const everything = (happening: Happening) => [describeHappening(happening, true)].filter((line) => line !== undefined)

interface Run {
  readonly cloud: LocalCloud
  readonly mode: StartMode
  readonly options: Options
  readonly output: Screen
  readonly stage: string
  readonly sites: readonly DeclaredSite[]
}

async function run({ cloud, mode, options, output, stage, sites }: Run): Promise<void> {
  const site = sites[0]
  if (!site) throw new Error('resources/sites: found no site, wanted at least one')
  output.say('local cloud', `services at ${cloud.wire.url}, name server at ${cloud.dns.address} port ${cloud.dns.port}`)
  for (const missing of [...mode.machines.notExercised, ...lacksAuthority(sites)])
    output.say('not here', missing, 'quiet')
  const zoneRoles = dnsRoles(sites, { account: cloud.world.state.account, stage })
  const [id = ''] = furnishAccount(cloud, sites, stage, zoneRoles)
  mode.publishImages(cloud, stage, sites)
  output.say('deploy', `stage ${stage}, ${sites.length} site${sites.length === 1 ? '' : 's'}`)
  await cloud.deploy()
  await until(cloud, `${site.hostname} has a record`, 300, (world) => served(world, site))
  const first = await startAndLook(cloud, mode, site, id, output)
  const parked = await stopInstance(cloud, site, id)
  const answer = await askNameServer(cloud, site.hostname)
  output.say('parked', `${site.hostname} -> ${parked.join(', ')} (name server: ${answer})`)
  const second = await startAndLook(cloud, mode, site, id, output)
  if (options.door) await visitDoor(cloud, mode, site, id, output)
  output.plain(`\nDONE ${site.hostname} ${first} -> ${second} in ${output.seconds().toFixed(1)} s`)
  mode.summary(site, second, output)
  if (!options.keep) return
  const nameServer = `${cloud.dns.address}:${cloud.dns.port}`
  announce({
    endpoint: cloud.wire.url,
    secretAccessKey: cloud.wire.secretOf('local-admin'),
    nameServer,
    region: cloud.world.state.region,
    stage,
  })
  await takeCommands({ cloud, room: mode.machines, site, stage, instanceId: id }, output)
}

/** The visitor starts it himself. */
async function visitDoor(
  cloud: LocalCloud,
  mode: StartMode,
  site: DeclaredSite,
  id: string,
  output: Screen,
): Promise<void> {
  await stopInstance(cloud, site, id)
  output.say('door', `${site.hostname} is asleep; its door is ${doorOf(cloud, site)}`)
  await mode.throughTheDoor(cloud, site, output)
}

async function startAndLook(
  cloud: LocalCloud,
  mode: StartMode,
  site: DeclaredSite,
  id: string,
  output: Screen,
): Promise<string> {
  output.say('you', `start ${id}`)
  const { address } = await startInstance(cloud, site, id)
  const answers = await askNameServer(cloud, site.hostname)
  if (answers.join() !== address)
    throw new Error(`${site.hostname}: the name server answers ${answers}, wanted ${address}`)
  output.say('named', `${site.hostname} -> ${address} (name server: ${answers})`, 'good')
  await mode.look(cloud, site, id, address, output)
  return address
}

/** A folder of this run alone, with the process's number in its name. */
function runFolder(): string {
  sweepRunFolders()
  const runs = join(cacheFolder(), 'runs')
  mkdirSync(runs, { recursive: true })
  return mkdtempSync(join(runs, `start-${process.pid}-`))
}

function once(act: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined
  return () => {
    done ??= act()
    return done
  }
}

/** Aborted by the first signal, which then takes everything down and ends the process. */
function onInterrupt(takeDown: () => Promise<void>, output: Screen): AbortSignal {
  const interrupt = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(signal, () => {
      output.say('you', `${signal}: taking everything down`)
      interrupt.abort()
      void takeDown().finally(() => process.exit(130))
    })
  return interrupt.signal
}

main().catch((error: Error) => {
  console.error(`\n${error.message}`)
  process.exitCode = 1
})
