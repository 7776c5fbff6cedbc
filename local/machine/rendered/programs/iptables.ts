// iptables of a rendered host: rules are remembered, no packet passes them.
import type { Call } from './call.ts'

/** `-S` of the table filter, or `[-t raw] -C|-I|-D <chain> <rule>`: a rule is remembered by its own words. */
export function iptables(call: Call): void {
  const words = call.args.filter((word) => word !== '-w')
  if (words.join(' ') === '-S') call.end(0, ['-P INPUT ACCEPT', ...inputRules(call)].join('\n'))
  if (words.join(' ') === '-t nat -n -L DOCKER') call.end(0, 'Chain DOCKER (2 references)')
  const [verb = '', ...rule] = words[0] === '-t' ? words.slice(2) : words
  const text = rule.join(' ')
  const known = call.state.rules.includes(text)
  if (verb === '-C') call.end(known ? 0 : 1)
  if (verb !== '-I' && verb !== '-D') call.notKnown()
  const others = call.state.rules.filter((one) => one !== text)
  call.change((state) => ({ ...state, rules: verb === '-I' ? [...others, text] : others }))
}

const inputRules = (call: Call): string[] =>
  call.state.rules.filter((rule) => rule.startsWith('INPUT ')).map((rule) => `-A ${rule}`)
