// iptables of a rendered host: rules are remembered, no packet passes them.
import type { Call } from './call.ts'

export function iptables(call: Call): void {
  const [verb, ...rule] = call.args
    .filter((word) => word !== '-w')
    .join(' ')
    .split(/ (?=PREROUTING)/)
  if (verb === '-S') call.end(0, ['-P INPUT ACCEPT', ...inputRules(call)].join('\n'))
  if (verb === '-t nat -n -L DOCKER') call.end(0, 'Chain DOCKER (2 references)')
  const known = call.state.rules.includes(rule.join(' '))
  if (verb === '-t raw -C') call.end(known ? 0 : 1)
  if (verb !== '-t raw -I' && verb !== '-t raw -D') call.notKnown()
  const others = call.state.rules.filter((one) => one !== rule.join(' '))
  call.change((state) => ({ ...state, rules: verb === '-t raw -I' ? [...others, rule.join(' ')] : others }))
}

const inputRules = (call: Call): string[] =>
  call.state.rules.filter((rule) => rule.startsWith('INPUT ')).map((rule) => `-A ${rule}`)
