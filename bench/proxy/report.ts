// The proxies side by side: what each load got through each of them, beside the bare proxy_pass.
import { STREAMLIT } from '../../functions/lib/domain/app.ts'
import { type Chart, median, type Reach, type Report, spread, type Table } from '../figures.ts'
import { BUFFER_KB } from './configurations.ts'

export interface Sample {
  readonly count: number
  /** Seconds that the proxy itself had of a core. */
  readonly cpu: number
  readonly perSecond: number
  /** Milliseconds. */
  readonly p50: number
  readonly p99: number
  readonly errors?: number
  /** Milliseconds until all sockets were open. */
  readonly opened?: number
  /** MB of the proxy while they were. */
  readonly memory?: number
}

export interface Measured {
  readonly name: string
  /** By load. */
  readonly samples: Readonly<Record<string, readonly Sample[]>>
}

const OURS = 'ragstream-edge'
const BARE = 'bare proxy_pass'
const KEPT = 'proxy_pass at equal settings'

export function reportOf(http: readonly Measured[], sockets: readonly Measured[]): Report {
  return {
    name: 'proxy',
    title: 'Proxy',
    tables: [
      requests(`Small responses (\`${STREAMLIT.health.path}\`), 32 connections`, http, 'small', BARE),
      requests('Responses of 1 MB, 8 connections', http, 'large', BARE),
      requests('WebSocket messages of 64 bytes, 50 sockets', sockets, 'messages', OURS),
      open(sockets),
    ],
    reach: [
      ...reachOf(http, 'small', 'small responses', [BARE, KEPT, 'HAProxy']),
      ...reachOf(http, 'large', '1 MB responses', [BARE, KEPT, 'HAProxy']),
      ...reachOf(sockets, 'messages', 'WebSocket messages', ['HAProxy']),
    ],
    charts: [
      chart('proxy-small', 'Small responses', 'requests for a second of the CPU of each', http, 'small'),
      chart('proxy-large', '1 MB responses', 'requests for a second of the CPU of each', http, 'large'),
      chart(
        'proxy-messages',
        'WebSocket messages, 50 sockets',
        'messages for a second of the CPU of each',
        sockets,
        'messages',
      ),
    ],
    notes: NOTES,
    numbers: { http, sockets },
  }
}

/** By load: what nginx's time goes to. */
const BOUND: Readonly<Record<string, string>> = {
  small:
    'nginx works for each request, although the connection to the app stays open: it reads the request and writes its own headers. Our nginx also counts each request for two limits: a limit for each visitor’s address, and a limit for each site. The other proxies do not count',
  large: `both proxies copy the bytes through one buffer of ${BUFFER_KB} KB (nginx: \`proxy_buffer_size\`, HAProxy: \`tune.bufsize\`). A larger buffer copies more at once, but needs more memory for each visitor`,
  messages: 'two reads and two writes in the kernel for each message, as in each proxy',
}

const NOTES = [
  'Each proxy is one process on its own core. The app, and the program that sends the requests, share the second core. The app answers at once. All proxies run in turn, round by round, in one network namespace, without access logs. The tables compare the requests for each second of the proxy’s own CPU time: this is what one core can do. Other programs on the machine make a proxy slower by the clock, but do not change its work for each request. Requests a second (with the least and the greatest value of the rounds) and latencies were measured while other programs used the machine, too.',
  'The bare `proxy_pass` opens a connection to the app for every request. The other proxies keep their connections. Our proxy keeps a connection only for requests that may be sent twice ([why](adr/0021-kept-connections.md)). The last line of the first two tables is a `proxy_pass` with the same settings as our proxy. It keeps its connections for uploads, too. It has no limits. Our proxy does two more things: it chooses by the method (GET, POST …) whether it may use a kept connection, and it counts each request for the limits. The difference between both results is the cost of these two things.',
  `What limits small responses: ${BOUND.small}. What limits large responses: ${BOUND.large}. What limits WebSockets: ${BOUND.messages}.`,
  'A proxy needs two sockets for each visitor. Debian’s nginx.conf allows 768 for each worker, so on two cores about 768 WebSockets can be open. In this test all proxies have room for 1,000.',
]

const of = (one: Measured, load: string, figure: keyof Sample): number[] =>
  one.samples[load]!.map((sample) => sample[figure] ?? Number.NaN)

/** Requests for each second of the proxy's own time: the most that one core of it can do, whatever else the machine does. */
function perCpuSecond(one: Measured, load: string): number {
  const [count, cpu] = (['count', 'cpu'] as const).map((figure) =>
    of(one, load, figure).reduce((sum, it) => sum + it, 0),
  )
  return count! / cpu!
}

function beside(all: readonly Measured[], name: string, other: string, load: string): number {
  const [these, those] = [name, other].map((wanted) => perCpuSecond(all.find((one) => one.name === wanted)!, load))
  return these! / those!
}

const requests = (title: string, all: readonly Measured[], load: string, other: string): Table => ({
  title,
  columns: [
    ...[
      'proxy',
      `${load === 'messages' ? load : 'requests'} per second of the proxy’s CPU time`,
      `ratio to ${other}`,
      'per second by the clock',
    ],
    ...['p50 ms', 'p99 ms', 'errors'],
  ],
  rows: all.map((one) => [
    one.name,
    perCpuSecond(one, load).toFixed(0),
    beside(all, one.name, other, load).toFixed(2),
    spread(of(one, load, 'perSecond')),
    median(of(one, load, 'p50')).toFixed(2),
    median(of(one, load, 'p99')).toFixed(2),
    String(one.samples[load]!.reduce((sum, { errors = 0 }) => sum + errors, 0)),
  ]),
})

const open = (all: readonly Measured[]): Table => ({
  title: '1,000 open WebSockets, all of which talk',
  columns: ['proxy', 'ms until all are open', 'messages per second', 'p50 ms', 'p99 ms', 'MB of the process'],
  rows: all.map((one) => [
    one.name,
    ...[spread(of(one, 'thousand', 'opened')), spread(of(one, 'thousand', 'perSecond'))],
    ...(['p50', 'p99', 'memory'] as const).map((figure) => median(of(one, 'thousand', figure)).toFixed(1)),
  ]),
})

function reachOf(all: readonly Measured[], load: string, what: string, others: readonly string[]): Reach[] {
  return others.map((other) => {
    const [found, wanted] = [beside(all, OURS, other, load), other === BARE || other === KEPT ? 0.95 : 1]
    return {
      what: `${what}: ratio to ${other}`,
      wanted: `at least ${wanted}`,
      found: `${found.toFixed(2)} (rounds ${byRound(all, other, load)})`,
      met: found >= wanted,
      bound: BOUND[load]!,
    }
  })
}

/** Least and most of the same in one round. */
function byRound(all: readonly Measured[], other: string, load: string): string {
  const [ours, theirs] = [OURS, other].map((name) => all.find((one) => one.name === name)!.samples[load]!)
  const ratios = ours!.map((one, round) => one.count / one.cpu / (theirs![round]!.count / theirs![round]!.cpu))
  return `${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}`
}

const chart = (file: string, title: string, unit: string, all: readonly Measured[], load: string): Chart => ({
  file,
  title,
  unit,
  bars: all.map((one) => ({ label: one.name, value: perCpuSecond(one, load) })),
})
