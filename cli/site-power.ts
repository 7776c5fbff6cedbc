// A site's instances are started or stopped, and the site is followed until it is live or asleep: for up, down and smoke.
import {
  CreateTagsCommand,
  EC2Client,
  StartInstancesCommand,
  StopInstancesCommand,
  waitUntilInstanceStopped,
} from '@aws-sdk/client-ec2'
import { listInstances } from '../functions/lib/aws/ec2/instances.ts'
import { readChildren } from '../functions/lib/aws/ssm/parameters.ts'
import { type Instance, selectInstances } from '../functions/lib/domain/instance.ts'
import { resolveSites } from '../functions/lib/domain/site-set.ts'
import { AWAKE_UNTIL, GROUP_TAG } from '../functions/lib/idle/plan.ts'
import type { Diagnosis } from './diagnosis.ts'
import { invoke, persisting, Refused } from './invoke.ts'

export type Tell = (who: string, what: string) => void

/** Lines of what happened, each with the seconds since now. */
export function timeline(tell: (line: string) => void): Tell {
  const started = performance.now()
  return (who, what) => {
    const seconds = ((performance.now() - started) / 1000).toFixed(1)
    tell(`${seconds.padStart(6)} s  ${who.padEnd(15)} ${what}`)
  }
}

export interface Hosts {
  readonly instances: readonly Instance[]
  /** Other sites of the stage that live on one of them. */
  readonly neighbours: readonly string[]
}

/** @throws Refused when the stage declares no such site */
export async function hostsOf(hostname: string, stage: string): Promise<Hosts> {
  const { sites } = resolveSites(await readChildren(`/ragstream-edge/${stage}/sites`), [])
  const declared = sites.map((one) => one.hostname).join(', ') || 'none'
  if (!sites.some((one) => one.hostname === hostname))
    throw new Refused(`${hostname}: found no such site in stage ${stage}; declared: ${declared}`)
  const chosen = selectInstances(sites, await listInstances(stage))
  const instances = chosen.get(hostname) ?? []
  const ids = new Set(instances.map(({ id }) => id))
  const shares = (name: string) => name !== hostname && chosen.get(name)?.some(({ id }) => ids.has(id))
  return { instances, neighbours: [...chosen.keys()].filter(shares) }
}

export const told = (instances: readonly Instance[]): string =>
  instances.map(({ id, state }) => `${id} is ${state}`).join(', ') || 'no instance has its tags'

/** Why one of them must not be stopped or started by hand: its group takes a stopped instance for a sick one. */
export function replaced(instances: readonly Instance[]): string | undefined {
  const one = instances.find(({ tags }) => tags[GROUP_TAG] !== undefined)
  return (
    one &&
    `${one.id} belongs to the Auto Scaling group ${one.tags[GROUP_TAG]}, which terminates and replaces what is stopped: set the desired capacity of the group instead, or take the instance out of it (aws autoscaling detach-instances --region <region> --auto-scaling-group-name ${one.tags[GROUP_TAG]} --instance-ids ${one.id} --should-decrement-desired-capacity)`
  )
}

export async function switchPower(way: 'up' | 'down', ids: readonly string[]): Promise<void> {
  const client = new EC2Client()
  const InstanceIds = [...ids]
  try {
    await (way === 'up'
      ? client.send(new StartInstancesCommand({ InstanceIds }))
      : client.send(new StopInstancesCommand({ InstanceIds })))
  } finally {
    client.destroy()
  }
}

/** The tag that keeps instances awake although nobody uses them (`idle` of their sites). @returns its value */
export async function keepAwake(ids: readonly string[], minutes: number): Promise<string> {
  const client = new EC2Client()
  const until = new Date(Date.now() + minutes * 60_000).toISOString()
  try {
    await client.send(new CreateTagsCommand({ Resources: [...ids], Tags: [{ Key: AWAKE_UNTIL, Value: until }] }))
    return until
  } finally {
    client.destroy()
  }
}

/** Seconds. A stop is mostly done within one minute; one that hangs is a matter for EC2's console. */
const LONGEST_STOP = 900

/** A site is asleep as soon as its names are parked, and EC2 refuses to start what is still stopping. */
export async function rest(ids: readonly string[]): Promise<void> {
  const client = new EC2Client()
  try {
    const pace = { maxWaitTime: LONGEST_STOP, minDelay: 1, maxDelay: 5 }
    await waitUntilInstanceStopped({ client, ...pace }, { InstanceIds: [...ids] })
  } catch (cause) {
    throw new Error(`EC2 did not say that ${ids.join(', ')} is stopped (waited for at most ${LONGEST_STOP} s)`, {
      cause,
    })
  } finally {
    client.destroy()
  }
}

/** Milliseconds. A look at the host itself is a command to it, and an entry among its commands. */
const BETWEEN = { looks: 4_000, looksAtTheHost: 20_000 }

export interface Following {
  readonly hostname: string
  readonly stage: string
  readonly ends: 'live' | 'asleep'
  /** Seconds. */
  readonly patience: number
}

/** Tells each hop when it becomes, or is no longer, as it should be. @returns the last diagnosis */
export async function follow({ hostname, stage, ends, patience }: Following, tell: Tell): Promise<Diagnosis> {
  const seen = new Map<string, string>()
  const until = performance.now() + patience * 1000
  const look = lookAt(hostname, stage, ends)
  for (;;) {
    const diagnosis = await persisting(look)
    for (const { hop, state, evidence } of diagnosis.hops) {
      if (state === 'ok' && seen.get(hop) !== evidence) tell(hop, evidence)
      seen.set(hop, state === 'ok' ? evidence : state)
    }
    if (diagnosis.verdict === ends || performance.now() > until) {
      tell(diagnosis.verdict, diagnosis.sentence)
      return diagnosis
    }
    await new Promise((resolve) => setTimeout(resolve, BETWEEN.looks))
  }
}

/** The host is asked where nothing else is left that could tell, and else now and then, since only it knows why an app does not come up. */
function lookAt(site: string, stage: string, ends: Following['ends']): () => Promise<Diagnosis> {
  const diagnose = async (host: boolean) => (await invoke(stage, 'diagnose', { site, host })) as Diagnosis
  let asked = performance.now()
  let isFirst = true
  return async () => {
    const cheap = await diagnose(false)
    const isDue = performance.now() - asked >= BETWEEN.looksAtTheHost || (isFirst && cheap.verdict === 'unknown')
    if (cheap.verdict === ends || !isDue) return cheap
    asked = performance.now()
    isFirst = false
    return diagnose(true)
  }
}
