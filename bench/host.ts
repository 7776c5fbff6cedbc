// node bench/host.ts: how long the host's document takes on a real machine, step by step, beside a script without safety checks. As root on Debian or
// Ubuntu.
import type { Host } from '../local/machine/nspawn/machine.ts'
import { nspawnRoom } from '../local/machine/nspawn/room.ts'
import { imageName } from '../local/machine/prepare/app-image.ts'
import { configure, sh } from '../test/host/document/bench.ts'
import { type Report, rounds, type Say } from './figures.ts'
import { BARE, minimal } from './host/minimal.ts'
import { FIRST, NOTHING, reportOf, type Timed } from './host/report.ts'
import { measured } from './standalone.ts'

const ROUNDS = rounds(4)

const CHANGED = 'another image, overlap'
const REPLACED = 'another image, replace'

export async function host(say: Say): Promise<Report> {
  const room = await nspawnRoom({ yes: true, onProgress: say })
  try {
    const machine = await room.machine('i-bench', { privateIp: '172.31.9.1' })
    await machine.boot()
    await sh(machine, `for tag in 1.4.0 1.5.0; do docker pull -q ${imageName('1.4.0').replace(/[^:]+$/, '')}$tag; done`)
    // The first of all reads everything from disk.
    await sh(machine, BARE)
    await ours(machine, '1.4.0')
    const runs = new Map(
      [FIRST, NOTHING, CHANGED, REPLACED].map((name) => [name, { ours: [] as Timed[], minimal: [] as Timed[] }]),
    )
    for (let round = 1; round <= ROUNDS; round++) {
      await sh(machine, BARE)
      runs.get(FIRST)!.minimal.push(await byHand(machine, '1.4.0'))
      runs.get(REPLACED)!.minimal.push(await byHand(machine, '1.5.0'))
      await sh(machine, BARE)
      runs.get(FIRST)!.ours.push(await ours(machine, '1.4.0'))
      runs.get(NOTHING)!.ours.push(await ours(machine, '1.4.0'))
      runs.get(CHANGED)!.ours.push(await ours(machine, '1.5.0'))
      runs.get(REPLACED)!.ours.push(await ours(machine, '1.4.0', 'replace'))
      say(`host: round ${round} of ${ROUNDS}`)
    }
    return reportOf(runs)
  } finally {
    await room.close()
  }
}

async function ours(machine: Host, tag: '1.4.0' | '1.5.0', Rollout = 'overlap'): Promise<Timed> {
  const steps: { step: string; took: number }[] = []
  const started = performance.now()
  let before = started
  const onOutput = (_stream: unknown, text: string) => {
    const now = performance.now()
    for (const [, step = ''] of text.matchAll(/^step=(\S+)/gm)) {
      steps.push({ step, took: now - before })
      before = now
    }
  }
  const listening: Host = { ...machine, exec: (argv, options) => machine.exec(argv, { ...options, onOutput }) }
  const run = await configure(listening, { Image: imageName(tag), Rollout })
  if (run.exitCode !== 0) throw new Error(`the document: found ${run.last}, wanted it done`)
  return { all: performance.now() - started, steps }
}

async function byHand(machine: Host, tag: '1.4.0' | '1.5.0'): Promise<Timed> {
  const started = performance.now()
  const { exitCode, stderr } = await machine.exec(['bash', '-c', minimal(tag)], { timeoutMs: 60_000 })
  if (exitCode !== 0) throw new Error(`the script without safety checks: ${stderr}`)
  return { all: performance.now() - started, steps: [] }
}

if (import.meta.main) await measured(host)
