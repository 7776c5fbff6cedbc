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
    when: 'no instance has both the tags (or id) of the site’s selector and the stage’s tag',
    fix: 'give the instance the tags of the site’s selector and the tag ragstream-edge:stage. If the site selects by id, compare the id',
    more: 'A removed tag causes this, too',
    find: noInstance,
  },
  {
    name: 'instance-not-running',
    hop: 'instance',
    when: 'the instance does not run. If the name is parked too, the site is asleep, not broken',
    fix: 'aws ec2 start-instances --region <region> --instance-ids <instance>',
    more: 'If this is the only cause and the name is parked, the site is asleep: no problem',
    find: notRunning,
  },
  {
    name: 'no-public-address',
    hop: 'public address',
    when: 'the instance runs, and EC2 shows no public IPv4 address',
    fix: 'wait a few seconds after a start. Else use a public subnet that assigns addresses, or an Elastic IP',
    more: 'See `NoPublicAddress` in the runbook',
    find: noAddress,
  },
]
