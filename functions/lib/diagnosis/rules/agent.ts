// Verdicts on the SSM agent and the last command, which bring a host its site.

import type { Facts } from '../facts.ts'
import { valueIn } from '../observation.ts'
import type { Rule, RuleHit } from './rule.ts'

const FAILED = ['Failed', 'TimedOut', 'Cancelled', 'DeliveryTimedOut', 'ExecutionTimedOut', 'Undeliverable']

/** Steps of the document that are about the container; the others prepare the host and nginx. */
const CONTAINER_STEPS = /\bstep=(image|candidate|container\S*|health|settle|secrets|metadata|host-port)\b/

function commandFailed({ seen, inspection, healthy }: Facts): RuleHit | undefined {
  const command = valueIn(seen.command)
  if (!command || !FAILED.some((status) => command.status.replaceAll(' ', '') === status)) return undefined
  const line = command.lastLine ?? inspection?.lastResult?.line
  return {
    what: `configure-host ended as ${command.status}${line ? `: ${line}` : ''}`,
    breaks: !healthy,
    hop: CONTAINER_STEPS.test(line ?? '') ? 'container' : 'nginx',
    values: { command: command.id },
  }
}

/** Milliseconds from a start in which an agent may still be registering. */
const GRACE = 5 * 60_000

/** A command that came to an end since the start was run by an agent that was registered by then. */
const spokeSinceStart = ({ seen }: Facts): boolean =>
  ['Success', 'Failed'].includes(valueIn(seen.command)?.status ?? '')

/** Milliseconds. Who was asked for less did not answer in time, and that is all. */
const ENOUGH = 4_500

function agentOffline(facts: Facts): RuleHit | undefined {
  const { seen, running, routes, agentHasWay } = facts
  // Without a way to the Internet no agent speaks: that is named already.
  if (!running || routes?.kind === 'none' || !agentHasWay) return undefined
  const values = { instance: running.id }
  const young = seen.at - running.launchTime < GRACE && !spokeSinceStart(facts)
  if (seen.agent.kind === 'seen') {
    const agent = seen.agent.value
    if (!agent)
      return young ? undefined : { what: `Systems Manager does not know ${running.id}`, breaks: false, values }
    const { pingStatus, lastPing = 0 } = agent
    const told = `its agent was last heard at ${new Date(lastPing).toISOString()} (${pingStatus})`
    if (lastPing < running.launchTime && !young) return { what: `${told}, before its start`, breaks: false, values }
    if (pingStatus !== 'Online' && lastPing >= running.launchTime) return { what: told, breaks: false, values }
  }
  const look = valueIn(seen.host)
  const waited = seen.host.kind === 'seen' ? seen.host.ms : 0
  if (look?.kind !== 'not taken' || waited < ENOUGH || (young && seen.agent.kind === 'seen' && !seen.agent.value))
    return undefined
  const seconds = Math.round(waited / 1000)
  return { what: `its agent took no command within ${seconds} s, though it was heard of lately`, breaks: false, values }
}

export const AGENT_RULES: readonly Rule[] = [
  {
    name: 'agent-offline',
    hop: 'instance',
    when: 'Systems Manager does not know the instance, its agent has not reported since the start, or the agent accepts no command. The site can be live all the same',
    fix: 'on the host, `systemctl status amazon-ssm-agent` shows whether the agent runs. The instance’s role needs AmazonSSMManagedInstanceCore, and the agent needs TCP 443 outward',
    more: 'See `AgentNotRegistered` in the runbook',
    find: agentOffline,
  },
  {
    name: 'command-failed',
    hop: 'nginx',
    when: 'the newest configure-host command since the start failed. The old container can still serve the site',
    fix: 'docs/runbook.md, "What a host says", explains the step and its reason. All lines: aws ssm get-command-invocation --region <region> --command-id <command> --instance-id <instance>',
    find: commandFailed,
  },
]
