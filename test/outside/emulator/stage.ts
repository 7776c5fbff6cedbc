// One site of one host in an account of its own, and how its owner drives and watches it.
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { EC2Client, StartInstancesCommand, StopInstancesCommand } from '@aws-sdk/client-ec2'
import { ChangeResourceRecordSetsCommand, Route53Client } from '@aws-sdk/client-route-53'
import { PutParameterCommand, paginateGetParametersByPath, SSMClient } from '@aws-sdk/client-ssm'
import { NOT_SAID } from '../../../functions/lib/outcome/state.ts'
import { changeState, readState } from '../../../local/machine/rendered/state.ts'
import { addressOf, deployerOf, makeInstance, makeProfile, makeZone, openNetwork } from './account.ts'
import { type Decision, type Emulator, startEmulator } from './emulator.ts'
import { ADMINISTRATOR, type Credentials, type Project, projectFor } from './project.ts'
import { addressesOf, commandsOf, story, until } from './watch.ts'

export const SITE = 'app.example.com'
/** Two names, so that a batch has two records. */
const NAMES = [SITE, 'www.example.com']
/** Where a parked name leads. */
export const PARKED = '192.0.2.1'

export interface Stage {
  readonly emulator: Emulator
  readonly project: Project
  /** Has the rights of docs/deploy-role.json and no others. */
  readonly deployer: Credentials
  readonly zone: string
  readonly host: string
  start(): Promise<unknown>
  stop(): Promise<unknown>
  /** Names another image, as the app's own CI does. */
  choose(image: string): Promise<unknown>
  /** Somebody writes another address into the zone. */
  writeRecord(address: string): Promise<unknown>
  /** Looks at everything and mends it. @returns the report */
  resync(): Promise<string>
  /** Another file of nginx has the site's name: no command can succeed. @returns what takes it away */
  occupyName(): () => void
  /** Somebody stops the app on its host. */
  stopApp(): void
  /** Resolves when outcome has said so many times in all that the site is live, and its names lead to the instance. */
  live(times: number): Promise<void>
  parked(): Promise<void>
  /** Images that run on the host. */
  images(): string[]
  refused(): Decision[]
  close(): Promise<void>
}

export async function openStage(authority = false): Promise<Stage> {
  const emulator = await startEmulator(authority)
  try {
    return await stageOn(emulator)
  } catch (error) {
    await emulator.close()
    throw error
  }
}

async function stageOn(emulator: Emulator): Promise<Stage> {
  const [ec2, ssm] = [new EC2Client(emulator.client), new SSMClient(emulator.client)]
  const zone = await makeZone(emulator, 'example.com')
  await openNetwork(emulator)
  const tags = { Name: 'ragstream', 'ragstream-edge:stage': 'prod' }
  const host = await makeInstance(emulator, tags, await makeProfile(emulator))
  const deployer = await deployerOf(emulator)
  const project = projectFor(emulator)
  const site = { hostname: SITE, hostedZoneId: zone, instances: { 'tag:Name': 'ragstream' }, image: 'ragstream:1.4.0' }
  project.declare({ ...site, aliases: NAMES.slice(1) })
  plantFault(project)
  const seen = () => story(emulator)
  const marksSeen = new Set<string>()
  /**
   * Names of the marks so far. outcome makes one whenever it says that the site is live. A mark can be deleted later, so all names are kept.
   * The logs do not show it: the emulator loses lines when a worker is busy.
   */
  const marks = async () => {
    const below = { Path: `/ragstream-edge/prod/state/${SITE}/live`, Recursive: true }
    for await (const { Parameters = [] } of paginateGetParametersByPath({ client: ssm }, below))
      for (const { Name = '', Value } of Parameters)
        if (Value === NOT_SAID) marksSeen.delete(Name)
        else marksSeen.add(Name)
    return marksSeen
  }
  const leadTo = async (address: string | undefined) => {
    const found = await Promise.all(NAMES.map((name) => addressesOf(emulator, name)))
    return found.every((addresses) => addresses.join() === address)
  }
  return {
    ...{ emulator, project, deployer, zone, host },
    start: () => ec2.send(new StartInstancesCommand({ InstanceIds: [host] })),
    stop: () => ec2.send(new StopInstancesCommand({ InstanceIds: [host] })),
    choose: (Value) =>
      ssm.send(
        new PutParameterCommand({
          ...{ Name: `/ragstream-edge/prod/images/${SITE}`, Value, Type: 'String', Overwrite: true },
        }),
      ),
    writeRecord(Value) {
      const ResourceRecordSet = { Name: SITE, Type: 'A' as const, TTL: 60, ResourceRecords: [{ Value }] }
      const ChangeBatch = { Changes: [{ Action: 'UPSERT' as const, ResourceRecordSet }] }
      const change = new ChangeResourceRecordSetsCommand({ HostedZoneId: zone, ChangeBatch })
      return new Route53Client(emulator.client).send(change)
    },
    resync: () => project.sls(ADMINISTRATOR, 'invoke', '-f', 'resync', '-d', '{"all":true}'),
    occupyName() {
      const file = join(emulator.disk(host), 'etc/nginx/conf.d/by-hand.conf')
      writeFileSync(file, `server { listen 80; server_name ${SITE}; location / { return 200 mine; } }\n`)
      return () => rmSync(file)
    },
    stopApp: () =>
      changeState(emulator.disk(host), (state) => ({
        ...state,
        containers: state.containers.map((one) => ({ ...one, running: false })),
      })),
    async live(times) {
      await until(`${SITE} live, ${times}`, async () => (await marks()).size >= times, seen)
      await until('its address', async () => leadTo(await addressOf(emulator, host)), seen)
      await until('its command', async () => (await commandsOf(emulator, host))[0]?.Status === 'Success', seen)
    },
    parked: () => until(`${SITE} parked`, () => leadTo(PARKED), seen).then(() => {}),
    images: () => readState(emulator.disk(host)).containers.flatMap(({ running, image }) => (running ? [image] : [])),
    refused: () => emulator.decisions().filter(({ denied }) => denied),
    async close() {
      project.close()
      await emulator.close()
    },
  }
}

/** soak.ts plants one and wants to see the test red: MUTATION is `{file, from, to}`. */
function plantFault(project: Project): void {
  if (!process.env.MUTATION) return
  const { file, from, to } = JSON.parse(process.env.MUTATION)
  project.edit(file, from, to)
}
