// The readers of the bench's programs, on lines that those programs printed.
import {
  parseAccessLog,
  parseConnections,
  parseGroup,
  parseListeners,
  parsePacket,
  parseQuery,
} from '../../../../local/machine/nspawn/observe.ts'

test('connection table: the addresses before and behind the NAT', () => {
  const text =
    'tcp      6 431998 ESTABLISHED src=198.51.100.10 dst=203.0.113.10 sport=40000 dport=80 src=172.31.5.20 dst=198.51.100.10 sport=80 dport=40000 [ASSURED] mark=0 use=1\n' +
    'udp      17 29 src=198.51.100.10 dst=198.51.100.53 sport=5353 dport=53 [UNREPLIED] src=198.51.100.53 dst=198.51.100.10 sport=53 dport=5353 mark=0 use=1\n' +
    'conntrack v1.4.7 (conntrack-tools): 2 flow entries have been shown.\n'
  expect(parseConnections(text)).toEqual([
    {
      protocol: 'tcp',
      state: 'ESTABLISHED',
      original: { src: '198.51.100.10', dst: '203.0.113.10', sport: 40000, dport: 80 },
      reply: { src: '172.31.5.20', dst: '198.51.100.10', sport: 80, dport: 40000 },
    },
    {
      protocol: 'udp',
      original: { src: '198.51.100.10', dst: '198.51.100.53', sport: 5353, dport: 53 },
      reply: { src: '198.51.100.53', dst: '198.51.100.10', sport: 53, dport: 5353 },
    },
  ])
})

test.each([
  [
    '1795406059.991479 IP 198.51.100.10.54014 > 203.0.113.10.80: Flags [S], seq 1, win 64240, options [mss 1460], length 0',
    {
      at: 1795406059.991479,
      src: '198.51.100.10',
      sport: 54014,
      dst: '203.0.113.10',
      dport: 80,
      flags: 'S',
      length: 0,
    },
  ],
  [
    '1795406060.1 IP 172.31.5.20.80 > 198.51.100.10.54014: Flags [P.], seq 1:239, ack 78, win 509, length 238: HTTP: HTTP/1.1 200 OK',
    { at: 1795406060.1, src: '172.31.5.20', sport: 80, dst: '198.51.100.10', dport: 54014, flags: 'P.', length: 238 },
  ],
  ['1795406060.2 ARP, Request who-has 198.51.100.1 tell 198.51.100.10, length 28', undefined],
])('packet: %s', (line, packet) => {
  expect(parsePacket(line)).toEqual(packet)
})

test('security group: what each rule let in, and what was dropped', () => {
  const text = `table ip edge {
	chain group_172_31_5_20 {
		ip saddr 0.0.0.0/0 tcp dport 80 counter packets 3 bytes 180 accept
		counter packets 2 bytes 120 drop
	}
}`
  expect(parseGroup(text)).toEqual([
    { verdict: 'accept', rule: 'ip saddr 0.0.0.0/0 tcp dport 80', packets: 3 },
    { verdict: 'drop', rule: '', packets: 2 },
  ])
})

test('access log of nginx', () => {
  const text =
    '198.51.100.10 - - [23/Nov/2026:03:54:04 +0000] "GET /_stcore/stream HTTP/1.1" 101 0 "-" "Mozilla/5.0 (X11)"\n'
  expect(parseAccessLog(text)).toEqual([
    {
      client: '198.51.100.10',
      time: '23/Nov/2026:03:54:04 +0000',
      request: 'GET /_stcore/stream HTTP/1.1',
      status: 101,
      agent: 'Mozilla/5.0 (X11)',
    },
  ])
})

test('listening sockets, IPv6 included', () => {
  const text =
    'LISTEN 0      511          0.0.0.0:80        0.0.0.0:*          \n' +
    'LISTEN 0      4096       127.0.0.1:8501      0.0.0.0:*          \n' +
    'LISTEN 0      511             [::]:80           [::]:*          \n'
  expect(parseListeners(text)).toEqual([
    { address: '0.0.0.0', port: 80 },
    { address: '127.0.0.1', port: 8501 },
    { address: '[::]', port: 80 },
  ])
})

test.each([
  [
    'dnsmasq: query[A] a.example from 198.51.100.10',
    { what: 'query', type: 'A', name: 'a.example', peer: '198.51.100.10' },
  ],
  ['dnsmasq: forwarded a.example to 198.18.0.1', { what: 'forwarded', name: 'a.example', peer: '198.18.0.1' }],
  ['dnsmasq: reply a.example is 203.0.113.10', { what: 'reply', name: 'a.example', value: '203.0.113.10' }],
  ['dnsmasq: cached a.example is NXDOMAIN', { what: 'cached', name: 'a.example', value: 'NXDOMAIN' }],
  ['dnsmasq: started, version 2.90 cachesize 150', undefined],
])('query log: %s', (line, query) => {
  expect(parseQuery(line)).toEqual(query)
})
