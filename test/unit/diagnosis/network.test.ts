// Who the account's rules let through: groups add up, ACL entries go by number, a route may lead elsewhere.
import { covers, spanOf, subtract } from '../../../functions/lib/diagnosis/addresses.ts'
import {
  type AclEntry,
  admittedByAcl,
  admittedByGroups,
  admittedByRoutes,
  letsOut,
  publicSources,
  ruleWords,
} from '../../../functions/lib/diagnosis/network.ts'

describe('blocks of addresses', () => {
  test.each([
    ['0.0.0.0/0', 0, 4294967295],
    ['10.0.0.0/8', 167772160, 184549375],
    ['203.0.113.7', 3405803783, 3405803783],
    ['203.0.113.77/24', 3405803776, 3405804031],
  ])('%s', (cidr, first, last) => expect(spanOf(cidr)).toEqual({ first, last }))

  test.each(['::/0', 'sg-1', 'pl-1', ''])('%s is none', (text) => expect(spanOf(text)).toBeUndefined())

  test('what remains when others are taken out', () => {
    const all = { first: 0, last: 9 }
    expect(
      subtract(all, [
        { first: 3, last: 4 },
        { first: 8, last: 20 },
      ]),
    ).toEqual([
      { first: 0, last: 2 },
      { first: 5, last: 7 },
    ])
    expect(subtract(all, [{ first: 20, last: 30 }])).toEqual([all])
  })

  test('two halves are all of it', () => {
    const halves = ['0.0.0.0/1', '128.0.0.0/1'].map((cidr) => spanOf(cidr)!)
    expect([covers(halves), covers(halves.slice(1)), covers([])]).toEqual([true, false, false])
  })
})

const rule = (sources: readonly string[], fields: object = {}) => ({
  groupId: 'sg-1',
  protocol: 'tcp',
  from: 80 as number | undefined,
  to: 80 as number | undefined,
  sources,
  ...fields,
})
const group = (...inbound: ReturnType<typeof rule>[]) => [{ id: 'sg-1', inbound }]

test.each([
  ['all by one rule', group(rule(['0.0.0.0/0'])), 'all', 'sg-1'],
  [
    'all by two halves in two groups',
    [...group(rule(['0.0.0.0/1'])), { id: 'sg-2', inbound: [rule(['128.0.0.0/1'], { groupId: 'sg-2' })] }],
    'all',
    'sg-1, sg-2',
  ],
  ['every protocol', group(rule(['0.0.0.0/0'], { protocol: '-1', from: undefined, to: undefined })), 'all', 'sg-1'],
  ['a range of ports', group(rule(['0.0.0.0/0'], { from: 0, to: 65535 })), 'all', 'sg-1'],
  ['another port', group(rule(['0.0.0.0/0'], { from: 443, to: 443 })), 'none', 'sg-1'],
  ['UDP', group(rule(['0.0.0.0/0'], { protocol: 'udp' })), 'none', 'sg-1'],
  ['an office', group(rule(['198.51.100.7/32'])), 'some', 'sg-1: only 198.51.100.7/32'],
  ['another group', group(rule(['sg-9'])), 'some', 'sg-1: only sg-9'],
  ['IPv6 alone', group(rule(['::/0'])), 'some', 'sg-1: only ::/0'],
  ['no rule', group(), 'none', 'sg-1'],
] as const)('security groups: %s', (_, groups, kind, by) => expect(admittedByGroups(groups, 80)).toEqual({ kind, by }))

test('only sources outside the private ranges are public ones', () => {
  const groups = group(rule(['10.1.0.0/16', 'sg-2', '172.16.0.0/11', '203.0.113.0/24', '::/0']))
  expect(publicSources(groups, 80)).toEqual(['172.16.0.0/11', '203.0.113.0/24', '::/0'])
  expect(publicSources(groups, 8501)).toEqual([])
})

const entry = (number: number, fields: Partial<AclEntry> = {}): AclEntry => ({
  ...{ number, egress: false, action: 'allow', protocol: '-1', from: undefined, to: undefined, cidr: '0.0.0.0/0' },
  ...fields,
})
const out = (number: number, fields: Partial<AclEntry> = {}) => entry(number, { egress: true, ...fields })
const deny = { action: 'deny' } as const
const tcp = (from: number, to: number) => ({ protocol: '6', from, to })

test.each<[string, readonly AclEntry[], string, RegExp]>([
  ['as AWS makes it', [entry(100), entry(32767, deny), out(100), out(32767, deny)], 'all', /^acl-1$/],
  [
    'the lower number decides',
    [entry(100), entry(90, { ...deny, ...tcp(80, 80) }), out(100)],
    'none',
    /inbound TCP 80 is denied/,
  ],
  ['a deny with a higher number is too late', [entry(100), entry(110, deny), out(100)], 'all', /acl-1/],
  [
    'an earlier allow for one office only',
    [entry(80, { cidr: '198.51.100.0/24' }), entry(90, deny), out(100)],
    'some',
    /allowed for some only/,
  ],
  [
    'a deny for one guest only',
    [entry(80, { ...deny, cidr: '198.51.100.7/32' }), entry(90), out(100)],
    'some',
    /for some/,
  ],
  ['a deny for UDP', [entry(80, { ...deny, protocol: '17' }), entry(90), out(100)], 'all', /acl-1/],
  [
    'no entry for what goes out: an ACL keeps no state',
    [entry(100)],
    'none',
    /answers to TCP ports 32768-65535 are denied/,
  ],
  ['answers only from 1024 on, as the user guide has it', [entry(100), out(100, tcp(1024, 65535))], 'all', /acl-1/],
  ['answers only to the ports of Windows', [entry(100), out(100, tcp(49152, 65535))], 'some', /32768-49151 are denied/],
  [
    'answers with a hole',
    [entry(100), out(90, { ...deny, ...tcp(40000, 40000) }), out(100)],
    'some',
    /ports 40000 are/,
  ],
])('network ACL: %s', (_, entries, kind, by) => {
  const admission = admittedByAcl({ id: 'acl-1', entries }, 80)
  expect(admission.kind).toBe(kind)
  expect(admission.by).toMatch(by)
})

test('the agent’s own way out', () => {
  const letsAgent = (...entries: AclEntry[]) => letsOut({ id: 'acl-1', entries }, 443)
  expect(letsAgent(entry(100), out(100))).toBe(true)
  expect(letsAgent(entry(90, { ...deny, ...tcp(80, 80) }), entry(100), out(100))).toBe(true)
  expect(letsAgent(entry(100), out(90, deny))).toBe(false)
  expect(letsAgent(entry(100, tcp(80, 80)), out(100))).toBe(false)
})

const route = (destination: string, target: string, active = true) => ({ destination, target, active })
const table = (...routes: ReturnType<typeof route>[]) => ({ id: 'rtb-1', main: false, routes })

test.each([
  [
    'to a gateway',
    table(route('172.31.0.0/16', 'local'), route('0.0.0.0/0', 'igw-1')),
    'all',
    'rtb-1: 0.0.0.0/0 -> igw-1',
  ],
  ['the main table', { ...table(route('0.0.0.0/0', 'igw-1')), main: true }, 'all', 'rtb-1 (main): 0.0.0.0/0 -> igw-1'],
  [
    'a gateway that is gone',
    table(route('0.0.0.0/0', 'igw-1', false)),
    'none',
    'rtb-1: 0.0.0.0/0 -> igw-1 (blackhole)',
  ],
  ['a private subnet', table(route('0.0.0.0/0', 'nat-1')), 'none', 'rtb-1: 0.0.0.0/0 -> nat-1'],
  ['nothing', table(route('172.31.0.0/16', 'local')), 'none', 'rtb-1: no route for 0.0.0.0/0'],
  [
    'an office only',
    table(route('198.51.100.0/24', 'igw-1')),
    'some',
    'rtb-1: an internet gateway only for 198.51.100.0/24',
  ],
] as const)('routes: %s', (_, routes, kind, by) => expect(admittedByRoutes(routes)).toEqual({ kind, by }))

test('a rule of IPv6 is revoked by its permission: --cidr takes IPv4 alone', () => {
  expect(ruleWords('0.0.0.0/0', '8501')).toBe('--protocol tcp --port 8501 --cidr 0.0.0.0/0')
  expect(ruleWords('::/0', '8501')).toBe(
    '--ip-permissions "IpProtocol=tcp,FromPort=8501,ToPort=8501,Ipv6Ranges=[{CidrIpv6=::/0}]"',
  )
})
