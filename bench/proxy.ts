// node bench/proxy.ts: our rendered nginx configuration beside the app directly, a bare proxy_pass, and Debian's HAProxy set up for the
// same job. As root on Debian or Ubuntu.

import { readdirSync, readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { STREAMLIT } from '../functions/lib/domain/app.ts'
import type { Daemon } from '../local/machine/daemon.ts'
import { type Report, rounds, type Say } from './figures.ts'
import { APP_PORT, app, barePass, HOSTNAME, haproxy, keptPass, nginxMain, ourSite } from './proxy/configurations.ts'
import { programs } from './proxy/programs.ts'
import { type Measured, reportOf, type Sample } from './proxy/report.ts'
import { openRoom, type Room } from './proxy/room.ts'
import { measured } from './standalone.ts'

const ROUNDS = { http: rounds(4), sockets: rounds(3) }
const SECONDS = 1

interface Target {
  readonly name: string
  readonly port: number
  readonly daemon: Daemon
}

type Ask = (target: Target) => Promise<Sample>

export async function proxy(say: Say): Promise<Report> {
  const { wrk, env, ...others } = await programs(say)
  const room = await openRoom()
  const file = async (name: string, text: string) => {
    await writeFile(join(room.folder, name), text)
    return join(room.folder, name)
  }
  const nginx = async (name: string, http: string, port: number, core: 'proxy' | 'others' = 'proxy') =>
    room.start(
      core,
      [others.nginx, '-p', room.folder, '-c', await file(`${name}.conf`, nginxMain(room.folder, http))],
      port,
    )
  try {
    await writeFile(join(room.folder, '1mb'), Buffer.alloc(1024 * 1024, 'x'))
    const direct = await nginx('app', app(room.folder), APP_PORT, 'others')
    const proxies: Target[] = [
      { name: 'ragstream-edge', port: 80, daemon: await nginx('ours', await ourSite(room.folder), 80) },
      { name: 'bare proxy_pass', port: 8081, daemon: await nginx('bare', barePass(8081), 8081) },
      {
        name: 'HAProxy',
        port: 8083,
        daemon: await room.start(
          'proxy',
          [others.haproxy, '-db', '-f', await file('haproxy.cfg', haproxy(8083))],
          8083,
          env,
        ),
      },
      { name: 'proxy_pass at equal settings', port: 8084, daemon: await nginx('kept', keptPass(8084), 8084) },
    ]
    const script = await file('report.lua', REPORT)
    const http =
      (path: string, connections: number): Ask =>
      async ({ port }) => {
        const load = ['-t1', `-c${connections}`, `-d${SECONDS}`, '-s', script, '-H', `Host: ${HOSTNAME}`]
        return lastLine(await room.ask([wrk, ...load, `http://127.0.0.1:${port}${path}`], env))
      }
    const small = http(STREAMLIT.health.path, 32)
    const large = http('/1mb', 8)
    const loads = { small, large }
    const samples = await inTurn(
      say,
      ROUNDS.http,
      [{ name: 'the app directly', port: APP_PORT, daemon: direct }, ...proxies],
      loads,
    )
    await direct.stop()
    const daemon = await room.start('others', [process.execPath, SOCKET_APP, String(APP_PORT)], APP_PORT)
    const targets = [{ name: 'the app directly', port: APP_PORT, daemon }, ...proxies.slice(0, 3).filter(takesSockets)]
    const sockets = await inTurn(say, ROUNDS.sockets, targets, {
      messages: talk(room, 50, 1000),
      thousand: talk(room, 1000, 1000),
    })
    return reportOf(samples, sockets)
  } finally {
    await room.close()
  }
}

/** A bare proxy_pass drops the Upgrade header. */
const takesSockets = ({ name }: Target): boolean => name !== 'bare proxy_pass'

const SOCKET_APP = fileURLToPath(new URL('proxy/socket-app.ts', import.meta.url))
const SOCKET_BROWSER = fileURLToPath(new URL('proxy/socket-browser.ts', import.meta.url))

const talk =
  (room: Room, count: number, ms: number): Ask =>
  async ({ port, daemon }) =>
    lastLine(await room.ask([process.execPath, SOCKET_BROWSER, ...[port, HOSTNAME, count, ms, daemon.pid].map(String)]))

/** Every load on every target, round by round: what disturbs this machine for a while disturbs all alike. */
async function inTurn(
  say: Say,
  rounds: number,
  targets: readonly Target[],
  loads: Readonly<Record<string, Ask>>,
): Promise<Measured[]> {
  const measured = targets.map(({ name }) => ({
    name,
    samples: Object.fromEntries(Object.keys(loads).map((load) => [load, [] as Sample[]])),
  }))
  for (let round = 1; round <= rounds; round++)
    for (const [load, ask] of Object.entries(loads)) {
      for (const [index, target] of targets.entries()) measured[index]!.samples[load]!.push(await timed(ask, target))
      say(`proxy: round ${round} of ${rounds}, ${load}`)
    }
  return measured
}

/** With what the target itself had of its core: neighbours take time from it, not work. */
async function timed(ask: Ask, target: Target): Promise<Sample> {
  const before = cpuSeconds(target.daemon.pid)
  const sample = await ask(target)
  return { ...sample, cpu: cpuSeconds(target.daemon.pid) - before }
}

/** Of a process, its threads and its children: /proc/<pid>/task/<tid>/schedstat counts nanoseconds. */
function cpuSeconds(pid: number): number {
  const tasks = readdirSync(`/proc/${pid}/task`).map((tid) => `/proc/${pid}/task/${tid}`)
  return tasks.reduce((sum, task) => {
    const own = Number(readFileSync(`${task}/schedstat`, 'utf8').split(' ')[0]) / 1e9
    const children = readFileSync(`${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number)
    return children.map(cpuSeconds).reduce((all, one) => all + one, sum + own)
  }, 0)
}

const lastLine = (text: string): Sample => JSON.parse(text.trim().split('\n').at(-1)!)

/** wrk's own hook at the end of a run. Microseconds become milliseconds; what is no 2xx counts as an error. */
const REPORT = `done = function(summary, latency)
  local errors = summary.errors
  io.write(string.format('{"count":%d,"perSecond":%f,"p50":%f,"p99":%f,"errors":%d}\\n', summary.requests, summary.requests / summary.duration * 1e6,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
`

if (import.meta.main) await measured(proxy)
