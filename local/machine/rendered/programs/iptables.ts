// iptables of a rendered host: rules are remembered, no packet passes them.
import type { Call } from './call.ts'

export function iptables(call: Call): void {
  const [verb, ...rule] = call.args
    .filter((word) => word !== '-w')
    .join(' ')
    .split(/ (?=PREROUTING)/)
  const known = call.state.rules.includes(rule.join(' '))
  if (verb === '-t raw -C') call.end(known ? 0 : 1)
  if (verb !== '-t raw -I') call.notKnown()
  call.change((state) => ({ ...state, rules: [...state.rules, rule.join(' ')] }))
}
