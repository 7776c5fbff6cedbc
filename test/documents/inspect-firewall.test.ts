// Whether the text of a host's rules lets a visitor's first packet to TCP 80, or 443, in: `<verdict>|<rule>`.
import { execFileSync } from 'node:child_process'
import { someOf } from '../support/long-tests.ts'

const judged = (rules: string, port: number): string => {
  const words = ['templates/inspect-host/firewall_rules.py', String(port)]
  const said = execFileSync('python3', words, { input: `${rules}\0`, encoding: 'utf8' })
  expect(said).toMatch(new RegExp(`^${port}[|][^\n]*\n$`))
  return said.trimEnd().slice(`${port}|`.length)
}

/** The same about the other port. */
const of443 = (text: string): string => text.replaceAll(/(?<![\d.])80(?!\d)/g, '443')

const iptables = (policy: string, ...rules: string[]): string =>
  [`-P INPUT ${policy}`, '-P FORWARD DROP', '-P OUTPUT ACCEPT', ...rules].join('\n')

const ESTABLISHED = '-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT'
const LOOPBACK = '-A INPUT -i lo -j ACCEPT'
const DROP80 = '-A INPUT -p tcp -m tcp --dport 80 -j DROP'

describe('iptables -S', () => {
  test.each(
    someOf([
      ['no rule', iptables('ACCEPT'), 'open|'],
      ['a drop of the port', iptables('ACCEPT', DROP80), `closed|${DROP80}`],
      [
        'a reject',
        iptables('ACCEPT', '-A INPUT -p tcp -m tcp --dport 80 -j REJECT --reject-with tcp-reset'),
        'closed|-A INPUT -p tcp -m tcp --dport 80 -j REJECT --reject-with tcp-reset',
      ],
      [
        'one of several ports',
        iptables('ACCEPT', '-A INPUT -p tcp -m multiport --dports 22,80,443 -j DROP'),
        'closed|-A INPUT -p tcp -m multiport --dports 22,80,443 -j DROP',
      ],
      [
        'a range',
        iptables('ACCEPT', '-A INPUT -p tcp -m tcp --dport 1:1024 -j DROP'),
        'closed|-A INPUT -p tcp -m tcp --dport 1:1024 -j DROP',
      ],
      ['another port', iptables('ACCEPT', '-A INPUT -p tcp -m tcp --dport 8080 -j DROP'), 'open|'],
      ['UDP', iptables('ACCEPT', '-A INPUT -p udp -m udp --dport 80 -j DROP'), 'open|'],
      [
        'what keeps containers from their host',
        iptables('ACCEPT', '-A INPUT -p tcp -i rsopen-0+ -m conntrack --ctstate NEW ! --ctorigdstport 53 -j REJECT'),
        'open|',
      ],
      ['only of loopback', iptables('ACCEPT', '-A INPUT -i lo -p tcp -m tcp --dport 80 -j DROP'), 'open|'],
      [
        'of the outer interface',
        iptables('ACCEPT', '-A INPUT -i ens5 -p tcp -m tcp --dport 80 -j DROP'),
        'closed|-A INPUT -i ens5 -p tcp -m tcp --dport 80 -j DROP',
      ],
      [
        'accepted before it is dropped',
        iptables('ACCEPT', '-A INPUT -p tcp -m tcp --dport 80 -j ACCEPT', DROP80),
        'open|',
      ],
      [
        'a policy, and an accept',
        iptables(
          'DROP',
          LOOPBACK,
          ESTABLISHED,
          '-A INPUT -p tcp -m tcp --dport 80 -m conntrack --ctstate NEW -j ACCEPT',
        ),
        'open|',
      ],
      [
        'a policy, and accepts of others',
        iptables('DROP', LOOPBACK, ESTABLISHED, '-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT'),
        'closed|policy drop of INPUT',
      ],
      [
        'a policy, and an accept of some addresses',
        iptables('DROP', '-A INPUT -s 10.0.0.0/8 -p tcp -m tcp --dport 80 -j ACCEPT'),
        'null|-A INPUT -s 10.0.0.0/8 -p tcp -m tcp --dport 80 -j ACCEPT',
      ],
      [
        'all but loopback',
        iptables('ACCEPT', '-A INPUT ! -i lo -p tcp -m tcp --dport 80 -j DROP'),
        'closed|-A INPUT ! -i lo -p tcp -m tcp --dport 80 -j DROP',
      ],
      [
        'all but one interface, which may be the visitors’',
        iptables('ACCEPT', '-A INPUT ! -i ens5 -p tcp -m tcp --dport 80 -j DROP'),
        'null|-A INPUT ! -i ens5 -p tcp -m tcp --dport 80 -j DROP',
      ],
      [
        'a drop of some addresses',
        iptables('ACCEPT', '-A INPUT -s 10.0.0.0/8 -j DROP'),
        'null|-A INPUT -s 10.0.0.0/8 -j DROP',
      ],
      ['a drop of what is invalid', iptables('ACCEPT', '-A INPUT -m conntrack --ctstate INVALID -j DROP'), 'open|'],
      [
        'in a chain of its own, with a comment',
        iptables(
          'ACCEPT',
          '-N web',
          '-A INPUT -j web',
          '-A web -p tcp -m tcp --dport 80 -m comment --comment "no -j ACCEPT" -j DROP',
        ),
        'closed|-A web -p tcp -m tcp --dport 80 -m comment --comment "" -j DROP',
      ],
      [
        'a chain that returns first',
        iptables('ACCEPT', '-N web', '-A INPUT -j web', '-A web -p tcp -j RETURN', '-A web -j DROP'),
        'open|',
      ],
      [
        'ufw as it comes, with port 80 allowed',
        iptables(
          'DROP',
          '-N ufw-before-input',
          '-N ufw-user-input',
          '-N ufw-not-local',
          '-A INPUT -j ufw-before-input',
          '-A INPUT -j ufw-user-input',
          '-A ufw-before-input -i lo -j ACCEPT',
          '-A ufw-before-input -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
          '-A ufw-before-input -m conntrack --ctstate INVALID -j DROP',
          '-A ufw-user-input -p tcp -m tcp --dport 80 -j ACCEPT',
        ),
        'open|',
      ],
      ['a loop of chains does not hang', iptables('ACCEPT', '-N a', '-A INPUT -j a', '-A a -j a'), 'null|'],
    ]),
  )('%s', (_name, rules, wanted) => {
    expect(judged(rules, 80)).toBe(wanted)
    expect(judged(of443(rules), 443)).toBe(of443(wanted))
  })
})

const table = (policy: string, ...rules: string[]): string => `table inet filter {
	set blocked {
		type ipv4_addr
		elements = { 192.0.2.7 }
	}

	chain web {
		tcp dport 80 drop
	}

	chain input {
		type filter hook input priority filter; policy ${policy};
${rules.map((rule) => `\t\t${rule}`).join('\n')}
	}

	chain forward {
		type filter hook forward priority filter; policy drop;
	}
}
table ip6 filter {
	chain INPUT {
		type filter hook input priority filter; policy drop;
	}
}
`

describe('nft list ruleset', () => {
  test.each(
    someOf([
      ['nothing', '', 'open|'],
      ['no rule', table('accept'), 'open|'],
      [
        'a drop of the port',
        table('accept', 'tcp dport 80 counter packets 3 bytes 180 drop comment "mine"'),
        'closed|tcp dport 80 counter packets 3 bytes 180 drop comment "mine"',
      ],
      [
        'one of several ports',
        table('accept', 'tcp dport { 22, 80 } reject with tcp reset'),
        'closed|tcp dport { 22, 80 } reject with tcp reset',
      ],
      ['all but some ports', table('accept', 'tcp dport != { 22, 80 } drop'), 'open|'],
      ['in a chain of its own', table('accept', 'jump web'), 'closed|tcp dport 80 drop'],
      [
        'a policy, and accepts of others',
        table(
          'drop',
          'iifname "lo" accept',
          'ct state { established, related } accept',
          'ct state vmap { invalid : drop, established : accept }',
          'tcp dport 22 accept',
          'icmp type echo-request accept',
        ),
        'closed|policy drop of inet filter/input',
      ],
      [
        'a policy, and an accept',
        table(
          'drop',
          'iif "lo" accept',
          'ct state established,related accept',
          'tcp dport { 80, 443 } ct state new accept',
        ),
        'open|',
      ],
      ['a drop of a set', table('accept', 'ip saddr @blocked drop'), 'null|ip saddr @blocked drop'],
      [
        'the form that iptables-nft leaves',
        table('accept', 'meta l4proto tcp tcp dport 80 counter packets 0 bytes 0 drop'),
        'closed|meta l4proto tcp tcp dport 80 counter packets 0 bytes 0 drop',
      ],
      ['what is inside', table('accept', 'iifname "docker0" drop'), 'open|'],
      [
        'one table of two',
        table('accept') + table('accept', 'tcp dport 80 drop').replace('inet filter', 'ip own'),
        'closed|tcp dport 80 drop',
      ],
    ]),
  )('%s', (_name, rules, wanted) => {
    expect(judged(rules, 80)).toBe(wanted)
    expect(judged(of443(rules), 443)).toBe(of443(wanted))
  })
})

test('a rule of one port says nothing of the other', () => {
  const rules = iptables('ACCEPT', DROP80)
  expect([judged(rules, 80), judged(rules, 443)]).toEqual([`closed|${DROP80}`, 'open|'])
  expect(judged(table('accept', 'tcp dport https drop'), 443)).toBe('closed|tcp dport https drop')
})
