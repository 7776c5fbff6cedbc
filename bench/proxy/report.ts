// The proxies side by side: what each load got through each of them, beside the bare proxy_pass.
import { type Chart, median, type Reach, type Report, spread, type Table } from '../figures.ts'

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

export function reportOf(http: readonly Measured[], sockets: readonly Measured[]): Report {
  return {
    name: 'proxy',
    title: 'Proxy',
    tables: [
      requests('Small responses (`/_stcore/health`), 32 connections', http, 'small', BARE),
      requests('Responses of 1 MB, 8 connections', http, 'large', BARE),
      requests('WebSocket messages of 64 bytes, 50 sockets', sockets, 'messages', OURS),
      open(sockets),
    ],
    reach: [...reachOf(http, 'small', 'small responses'), ...reachOf(http, 'large', '1 MB responses')],
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

const NOTES = [
  'Each proxy is one process on a core of its own; the app, which answers at once, and who asks share the other one. All in turn, round by round, in one network namespace; no access logs. Requests for a second of its own CPU are what one core of it can do, and what is compared: neighbours take time from a proxy, not work. Requests a second, with least and most of the rounds, and latencies are what came through beside the neighbours.',
  'Ours and the bare `proxy_pass` open a connection to the app for every request; Caddy and HAProxy keep theirs. What that is worth, and how HAProxy does without, shows in the two last lines. Ours keeps none on purpose: when the app closes an idle connection in the moment in which a request goes out on it, nginx repeats a GET, but answers a POST, an upload, with 502. A connection costs less than 0.1 ms here, a page of Streamlit is one WebSocket and some files, and the app answers some hundred requests a second, not thousands.',
  'Bounds: of small responses the connection for each, of large ones the copying through 64 KB (`proxy_buffer_size`), of WebSockets the kernel: all proxies pass bytes there.',
  'A proxy needs two sockets for each visitor. Debian’s own nginx.conf has 768 a worker, so on two cores some 768 WebSockets are open at most; here all have room for 1,000.',
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
  columns: ['through', 'for a second of its CPU', `beside ${other}`, 'a second', 'p50 ms', 'p99 ms', 'errors'],
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
  columns: ['through', 'ms until all are open', 'messages a second', 'p50 ms', 'p99 ms', 'MB of the process'],
  rows: all.map((one) => [
    one.name,
    ...[spread(of(one, 'thousand', 'opened')), spread(of(one, 'thousand', 'perSecond'))],
    ...(['p50', 'p99', 'memory'] as const).map((figure) => median(of(one, 'thousand', figure)).toFixed(1)),
  ]),
})

function reachOf(all: readonly Measured[], load: string, what: string): Reach[] {
  const line = (other: string, wanted: number): Reach => {
    const found = beside(all, OURS, other, load)
    return {
      what: `${what}: beside ${other}`,
      wanted: `at least ${wanted}`,
      found: found.toFixed(2),
      met: found >= wanted,
    }
  }
  return [line(BARE, 0.95), line('Caddy', 1), line('HAProxy', 1), line('HAProxy, connections not kept', 1)]
}

const chart = (file: string, title: string, unit: string, all: readonly Measured[], load: string): Chart => ({
  file,
  title,
  unit,
  bars: all.map((one) => ({ label: one.name, value: perCpuSecond(one, load) })),
})
