// Verdicts on the instance and its public address.
import { at, type Facts } from '../facts.ts'
import { breaks, type Rule, type RuleHit } from './rule.ts'

function noInstance({ seen, instance, site }: Facts): RuleHit | undefined {
  if (seen.instances.kind !== 'seen' || instance) return undefined
  const tags = Object.entries(site.instances).map(([key, value]) => `${key} = ${value}`)
  return breaks(`no instance has ${[...tags, 'and the tag ragstream-edge:stage of this stage'].join(', ')}`)
}

function notRunning({ instance, running, atRest, site }: Facts): RuleHit | undefined {
  if (!instance || running) return undefined
  const record = atRest && site.onStop === 'park' ? `, and the name is parked at ${site.parkAddress}` : ''
  return { what: `${instance.id} is ${instance.state}${record}`, breaks: !atRest, values: { instance: instance.id } }
}

function noAddress({ running }: Facts): RuleHit | undefined {
  return running && !running.publicIp
    ? breaks(`${running.id} runs since ${at(running.launchTime)} without a public IPv4 address`)
    : undefined
}

export const INSTANCE_RULES: readonly Rule[] = [
  {
    name: 'no-instance',
    hop: 'instance',
    when: 'no instance is the one that the site selects, by tags or id, and bears the tag of the stage',
    fix: 'tag the instance with what the site selects and with ragstream-edge:stage; where the site selects by id, is it the id of the instance?',
    more: 'a lost tag looks the same',
    find: noInstance,
  },
  {
    name: 'instance-not-running',
    hop: 'instance',
    when: 'the instance is not running; with a name that rests (parked) the site is asleep, not broken',
    fix: 'aws ec2 start-instances --instance-ids <instance>',
    more: 'on its own, with the name parked, it is no trouble: the site is asleep',
    find: notRunning,
  },
  {
    name: 'no-public-address',
    hop: 'public address',
    when: 'the instance runs, and EC2 shows no public IPv4 address',
    fix: 'a few seconds after a start this is usual; else use a public subnet with auto-assign, or an Elastic IP',
    more: 'more at `NoPublicAddress` in the runbook',
    find: noAddress,
  },
]
