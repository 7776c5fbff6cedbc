// npm run bench:diagnose: what is said of each injected fault on real machines, as a table, and of a healthy site under load: a part of docs/performance.md.
// node bench/diagnose.ts [healthy runs]
import { availableParallelism } from 'node:os'
import type { Diagnosis } from '../functions/lib/diagnosis/diagnosis.ts'
import type { Fault, Scene, Undo } from '../local/faults/fault.ts'
import { FAULTS, type FaultName, faultNames, PAIRS } from '../local/faults/faults.ts'
import { serveHttps } from '../local/faults/https.ts'
import { untilLive } from '../local/scenario.ts'
import { faultScene } from '../local/scene.ts'
import { diagnosed } from '../test/support/ask.ts'
import { type RealCloud, realCloud } from '../test/support/real.ts'
import { keepPart } from './parts.ts'

const PATIENCE = 300
/** Enough to keep two cores busy. */
const CROWD = 8

interface Row {
  readonly fault: string
  readonly diagnosis: Awaited<ReturnType<typeof diagnosed>>
  readonly expected: Fault['expected']
}

async function main(): Promise<void> {
  const runs = Number(process.argv[2] ?? 20)
  if (!Number.isInteger(runs) || runs < 1) throw new Error(`healthy runs: found ${process.argv[2]}, wanted 1 or more`)
  const cloud = await realCloud({ tempo: { insyncMs: 100 } })
  try {
    const instanceId = cloud.launch()
    await untilLive(cloud, cloud.site, instanceId, PATIENCE)
    const { room, site, stage } = cloud
    const scene = faultScene({ cloud, room, site, stage, instanceId })
    const rows: Row[] = []
    const lines: string[] = []
    const tell = (line: string) => {
      lines.push(line)
      console.log(line)
    }
    const plain = faultNames.filter((name) => !FAULTS[name].ofHttps)
    for (const faults of [...plain.map((name) => [name]), ...PAIRS]) rows.push(await rowOf(cloud, scene, faults))
    const withdraw = await serveHttps(scene)
    for (const name of faultNames.filter((one) => FAULTS[one].ofHttps)) rows.push(await rowOf(cloud, scene, [name]))
    await withdraw()
    tell(`${confusionTable(rows)}\n\n${verdictOn(rows)}\n`)
    tell(`- A healthy site, nobody there: ${await healthy(cloud, runs)}`)
    const disperse = crowd(cloud, CROWD)
    tell(`- A healthy site, ${CROWD} visitors at once: ${await healthy(cloud, runs).finally(disperse)}`)
    keepPart('faults', page(lines))
  } finally {
    await cloud.close()
  }
}

async function rowOf(cloud: RealCloud, scene: Scene, faults: readonly FaultName[]): Promise<Row> {
  const undo: Undo[] = []
  for (const fault of faults) undo.push(await FAULTS[fault].inject(scene))
  const diagnosis = await diagnosed(cloud)
  for (const mend of undo.reverse()) await mend()
  const all = faults.map((fault) => FAULTS[fault].expected)
  const causes = all.flatMap((one) => one.causes)
  return {
    fault: faults.join(' and '),
    diagnosis,
    expected: all.length === 1 ? all[0]! : { verdict: 'broken', causes },
  }
}

/** Injected by what was said; a second reading of the same evidence stands behind an `or`. */
function confusionTable(rows: readonly Row[]): string {
  const lines = rows.map(({ fault, diagnosis, expected }) => {
    const said = diagnosis.causes.map(({ name, or }) => (or ? `${name} or ${or.name}` : name)).join(', ') || '-'
    const mark = isRight(diagnosis, expected) ? 'yes' : 'NO'
    const again = diagnosis.asked > 1 ? ` (asked ${diagnosis.asked} times: unknown before)` : ''
    const verdict = `${diagnosis.verdict}${diagnosis.restricted ? ', restricted' : ''}${again}`
    return `| ${fault} | ${verdict} | ${said} | ${mark} | ${(diagnosis.tookMs / 1000).toFixed(1)} |`
  })
  return ['| injected | verdict | causes named | right | s |', '| --- | --- | --- | --- | ---: |', ...lines].join('\n')
}

const page = (lines: readonly string[]): string => `## What is said of each fault

Written by \`npm run bench:diagnose\`: each fault of [local/faults](../local/faults/faults.ts) was made on real machines (systemd, nginx, Docker engine, Streamlit), diagnosed by the
packaged function on ${availableParallelism()} cores, and undone. For port-443-closed and all faults below it, the site had HTTPS. *Right* means: the verdict and the causes are the expected ones, and there is no other cause. If two causes leave the same evidence,
the diagnosis names both, and says how to find out which one is right ([verdicts](verdicts.md)).

${lines.join('\n')}
`

function isRight({ verdict, causes, restricted }: Diagnosis, expected: Row['expected']): boolean {
  const named = causes.map(({ name }) => String(name))
  const nothingElse = named.every((name) => expected.causes.includes(name))
  const all = expected.causes.every((name) => named.includes(name))
  return verdict === expected.verdict && restricted === (expected.restricted ?? false) && all && nothingElse
}

function verdictOn(rows: readonly Row[]): string {
  const right = rows.filter(({ diagnosis, expected }) => isRight(diagnosis, expected)).length
  if (right < rows.length) process.exitCode = 1
  return `For ${right} of ${rows.length} faults, the diagnosis named the right causes, and no other cause.`
}

async function healthy(cloud: RealCloud, runs: number): Promise<string> {
  const took: number[] = []
  const alarms: string[] = []
  let again = 0
  for (let run = 0; run < runs; run++) {
    const { verdict, causes, tookMs, asked } = await diagnosed(cloud)
    took.push(tookMs)
    again += asked - 1
    if (verdict !== 'live' || causes.length > 0) alarms.push(`${verdict}: ${causes.map(({ name }) => name).join(', ')}`)
  }
  if (alarms.length > 0) process.exitCode = 1
  const sorted = took.toSorted((a, b) => a - b)
  const [least, median, most] = [sorted[0]!, sorted[sorted.length >> 1]!, sorted.at(-1)!]
  const said = alarms.length === 0 ? 'no false alarm' : `FALSE ALARMS: ${alarms.join('; ')}`
  const unseen = again === 0 ? '' : `, asked again ${again} times because a look did not end in time (\`unknown\`)`
  return `${runs} runs, ${said}${unseen}; ms: least ${least}, median ${median}, most ${most}`
}

/** Visitors who load the page again and again, each as fast as it comes. @returns sends them home */
function crowd(cloud: RealCloud, visitors: number): () => Promise<void> {
  let here = true
  const visit = async (): Promise<void> => {
    while (here) await cloud.ask(`http://${cloud.site.hostname}/`)
  }
  const all = Array.from({ length: visitors }, visit)
  return async () => {
    here = false
    await Promise.all(all)
  }
}

await main()
