// Verdicts on the network: route, network ACL, security group, and whether port 80 answers at all.

import type { Facts } from '../facts.ts'
import { ruleWords } from '../network.ts'
import { valueIn } from '../observation.ts'
import { isServedOutside, isStopped } from '../web.ts'
import { breaks, type Rule, type RuleHit } from './rule.ts'

/** From outside, port 80 was reached: whatever the rules seem to say, the way is open. */
const isOpen = ({ seen }: Facts): boolean => valueIn(seen.port80) === 'open'

/** A way that is closed while nobody is there to be reached is trouble of the next start. */
const isNeeded = (facts: Facts): boolean => facts.running !== undefined && !isOpen(facts)

function noGateway(facts: Facts): RuleHit | undefined {
  if (facts.routes?.kind !== 'none' || isOpen(facts)) return undefined
  return { what: `no route to an internet gateway: ${facts.routes.by}`, breaks: isNeeded(facts) }
}

function aclClosed(facts: Facts): RuleHit | undefined {
  const { acl } = facts
  if (!acl || acl.kind === 'all' || (acl.kind === 'some' && acl.way === 'in')) return undefined
  if (acl.kind === 'none' && isOpen(facts)) return undefined
  return { what: acl.by, breaks: isNeeded(facts) }
}

function groupClosed(facts: Facts): RuleHit | undefined {
  if (facts.groups?.kind !== 'none' || isOpen(facts)) return undefined
  const what = `no rule of ${facts.groups.by || 'its security groups'} admits TCP 80`
  return { what, breaks: isNeeded(facts), values: { group: facts.instance?.groupIds[0] ?? '<group>' } }
}

function appPortOpen(facts: Facts): RuleHit | undefined {
  const { appSources, site, seen, instance } = facts
  const { hostPort } = site.container
  const answers = valueIn(seen.appPort) === 'open'
  if (appSources.length === 0 && !answers) return undefined
  const rule = appSources.length > 0 ? `a security group admits TCP ${hostPort} from ${appSources.join(', ')}` : ''
  const probe = answers ? `TCP ${hostPort} answers from outside, past nginx` : ''
  return {
    what: [rule, probe].filter(Boolean).join('; '),
    breaks: false,
    values: {
      group: instance?.groupIds[0] ?? '<group>',
      rule: ruleWords(appSources[0] ?? '<source>', String(hostPort)),
    },
  }
}

/** Nothing in the account's rules keeps visitors from port 80, as far as they were read. */
const rulesOpen = ({ routes, acl, groups }: Facts): boolean =>
  ![routes, acl, groups].some((admission) => admission?.kind === 'none')

const isShut = ({ seen }: Facts): boolean => ['silent', 'unreachable'].includes(valueIn(seen.port80) ?? '')

const isWalled = (facts: Facts): boolean => facts.inspection?.firewall.port80 === 'closed' && !isOpen(facts)

const isWalledTls = ({ site, inspection, seen }: Facts): boolean =>
  site.certificate !== undefined && inspection?.firewall.port443 === 'closed' && !isServedOutside(seen)

function hostFirewall(facts: Facts): RuleHit | undefined {
  const { rule, rule443 } = facts.inspection?.firewall ?? {}
  const walls = [
    ...(isWalled(facts) ? [`TCP 80: ${rule ?? 'the rule is not known'}`] : []),
    ...(isWalledTls(facts) ? [`TCP 443: ${rule443 ?? 'the rule is not known'}`] : []),
  ]
  return walls.length > 0 ? breaks(`the host's own firewall closes ${walls.join(', and ')}`) : undefined
}

function noAnswer(facts: Facts): RuleHit | undefined {
  const { seen, running, inspection, groups } = facts
  if (!running || !isShut(facts) || !rulesOpen(facts) || facts.restricted || isWalled(facts)) return undefined
  const what = `${running.publicIp}:80 does not answer within ${seen.port80.kind === 'seen' ? seen.port80.ms : '?'} ms`
  if (groups === undefined)
    return {
      what: `${what}, and the rules of its network were not read`,
      breaks: true,
      or: {
        name: 'security-group-closed',
        how: 'aws ec2 describe-security-groups --region <region> --group-ids <group>: does one admit TCP 80?',
      },
    }
  const how =
    'on the host, `iptables -S; nft list ruleset` shows a rule that drops TCP 80; without one, look at `aws ec2 get-console-output --region <region> --instance-id <instance>`: does the host still run?'
  const known = inspection?.firewall.port80 === 'open'
  return {
    what: `${what}, and its rules are open`,
    breaks: true,
    ...(known ? {} : { or: { name: 'host-firewall', how } }),
  }
}

function refused(facts: Facts): RuleHit | undefined {
  const { seen, running, inspection } = facts
  const isRefused = [valueIn(seen.port80), valueIn(seen.health)?.kind].includes('refused')
  if (!running || !isRefused || isWalled(facts) || isStopped(inspection)) return undefined
  const what = `${running.publicIp}:80 refuses connections`
  if (inspection) return { what: `${what}, though nginx runs: ${listening(facts)}`, breaks: true }
  return {
    what,
    breaks: true,
    or: {
      name: 'nginx-down',
      how: 'on the host, `ss -ltn sport = :80` shows who listens: nobody, then nginx is down; nginx, then a firewall refuses',
    },
  }
}

function listening({ inspection }: Facts): string {
  const found = (inspection?.listening ?? []).filter(({ port }) => port === 80)
  return found.length === 0
    ? 'nothing listens on port 80'
    : `listening on ${found.map(({ address, program }) => `${address}:80 (${program ?? '?'})`).join(', ')}`
}

export const NETWORK_RULES: readonly Rule[] = [
  {
    name: 'no-internet-gateway',
    hop: 'route',
    when: 'the subnet’s route table has no route to an internet gateway',
    fix: 'add the route 0.0.0.0/0 to the internet gateway of the VPC to that table',
    more: 'ragstream-edge never changes network rules',
    find: noGateway,
  },
  {
    name: 'network-acl-closed',
    hop: 'network ACL',
    when: 'the entries, in the order of their numbers, deny inbound TCP 80 from everywhere, or outbound answers to ports 32768-65535',
    fix: 'allow inbound TCP 80 and outbound TCP 1024-65535 for 0.0.0.0/0, with numbers below the denying entry',
    more: 'ragstream-edge never changes network rules',
    find: aclClosed,
  },
  {
    name: 'security-group-closed',
    hop: 'security group',
    when: 'no rule of the instance’s security groups allows TCP 80',
    fix: 'aws ec2 authorize-security-group-ingress --region <region> --group-id <group> --protocol tcp --port 80 --cidr 0.0.0.0/0',
    more: 'ragstream-edge never changes network rules',
    find: groupClosed,
  },
  {
    name: 'app-port-open',
    hop: 'security group',
    when: 'a rule allows public addresses to reach the app’s port, or the port answers from outside. The site can be live all the same',
    fix: 'aws ec2 revoke-security-group-ingress --region <region> --group-id <group> <rule>',
    find: appPortOpen,
  },
  {
    name: 'host-firewall',
    hop: 'port 80',
    when: 'no connection to port 80 (with HTTPS: or 443) succeeds. The inspection shows which host rule drops it',
    fix: 'remove that rule on the host: the security group is the firewall',
    find: hostFirewall,
  },
  {
    name: 'no-answer',
    hop: 'port 80',
    when: 'port 80 does not answer, although route, network ACL and security group allow it',
    fix: 'see if the host runs: aws ec2 get-console-output --region <region> --instance-id <instance>; aws ec2 describe-instance-status --region <region> --instance-ids <instance>; if not, reboot it',
    rivals: ['host-firewall', 'security-group-closed'],
    find: noAnswer,
  },
  {
    name: 'connection-refused',
    hop: 'port 80',
    when: 'port 80 refuses connections, and either nginx runs, or the host could not be inspected',
    fix: 'on the host: `systemctl status nginx`; `ss -ltnp`',
    rivals: ['nginx-down'],
    find: refused,
  },
]
