// npm run bench:cold [-- runs]: what a cold start costs. Per function, in turn and each time in a fresh process: as packaged, packaged with the
// tools' default settings, with the SDK from disk, and an empty handler; then with parts of a core; then what the heaviest work holds in memory.
// Writes its part of docs/performance.md.
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import type { Middleware } from '../local/wire/perform.ts'
import { type Bundle, bundles } from '../test/support/bundles.ts'
import { type Heaviest, type Memory, SIZES } from './cold/memory-page.ts'
import { type Peaks, peaks } from './cold/peak.ts'
import { type Resting, startResting } from './cold/rest.ts'
import { shareOf } from './cold/share.ts'
import { type Measured, page, reportOf, type Sample, VARIANTS } from './cold-start-page.ts'
import { median, ONCE, type Report, rounds, type Say } from './figures.ts'
import { keepPart } from './parts.ts'
import { measured as alone, commitOf, RESULTS } from './standalone.ts'
import { slow } from './work/watch.ts'

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)))
const COLD = fileURLToPath(new URL('./cold-process.mjs', import.meta.url))

/** What serverless-esbuild does with nothing set: CommonJS, neither minified nor shaken well. */
const DEFAULTS = { bundle: true, platform: 'node', target: 'node24', format: 'cjs', logLevel: 'error' } as const

/** Puts the variants of a function into a folder. @returns the files to import, in the order of VARIANTS */
async function prepare({ functionName, entries }: Bundle, folder: string): Promise<string[]> {
  mkdirSync(folder)
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  const file = (name: string) => join(folder, name)
  for (const [name, content] of Object.entries(entries)) writeFileSync(file(basename(name)), content)
  const entry = { absWorkingDir: ROOT, entryPoints: [`functions/${functionName}/handler.ts`] }
  await build({ ...DEFAULTS, ...entry, outfile: file('default.cjs') })
  await build({ ...DEFAULTS, ...entry, outfile: file('disk.cjs'), external: ['@aws-sdk/*'] })
  writeFileSync(file('empty.mjs'), 'export const handler = async () => {}\n')
  return ['handler.mjs', 'default.cjs', 'disk.cjs', 'empty.mjs'].map(file)
}

const RUNS = rounds(20)
const SHARE_RUNS = rounds(5)
/** Megabytes for which the heaviest work is done. */
const PEAK_SIZES = [128, 256] as const

/** Of `npm run bench`: the memory sizes, which take longer, are those of the last `npm run bench:cold`. Also writes docs/performance.md. */
export async function coldStarts(say: Say, runs = RUNS, sizes: 'kept' | 'measured' = 'kept'): Promise<Report> {
  const folder = mkdtempSync(join(tmpdir(), 'ragstream-edge-cold-'))
  const latency: Middleware[] = []
  const resting = await startResting(latency)
  const measured: Measured[] = []
  const kept = sizes === 'kept' ? lastSizes() : undefined
  const memory: Memory[] = [...(kept?.memory ?? [])]
  try {
    for (const bundle of await bundles()) {
      const { functionName, zip } = bundle
      const files = await prepare(bundle, join(folder, functionName))
      const samples: Sample[][] = VARIANTS.map(() => [])
      for (let run = 0; run < runs; run++)
        for (const [index, file] of files.entries()) samples[index]!.push(await cold(file, functionName, resting))
      measured.push({ functionName, zipBytes: zip.length, bytes: files.map((file) => statSync(file).size), samples })
      say(`cold start: ${functionName}, ${runs} runs of each`)
      if (kept) continue
      latency.push(slow)
      memory.push(await sized(files[0]!, measured.at(-1)!, resting))
      latency.pop()
      say(`cold start: ${functionName}, with parts of a core`)
    }
  } finally {
    await resting.close()
    rmSync(folder, { recursive: true, force: true })
  }
  const found = kept ?? { memory, heaviest: await heaviestWork(say), taken: now() }
  const setting = { runs, shareRuns: SHARE_RUNS, cores: cpus().length, node: process.version }
  if (!ONCE) keepPart('cold start', page(measured, found, setting))
  return reportOf(measured, found, runs)
}

const now = (): string => `${new Date().toISOString().slice(0, 10)}, commit ${commitOf().commit ?? 'unknown'}`

function lastSizes(): Heaviest | undefined {
  const file = new URL('cold-start.json', RESULTS)
  if (!existsSync(file)) return undefined
  const { memory, heaviest, taken } = JSON.parse(readFileSync(file, 'utf8')).report.numbers
  if (!memory.every((one: Partial<Memory>) => one.warmMs)) return undefined
  return {
    taken,
    memory,
    heaviest: new Map(Object.entries<Peaks>(heaviest).map(([size, peaks]) => [Number(size), peaks])),
  }
}

async function heaviestWork(say: Say): Promise<Heaviest['heaviest']> {
  const heaviest = new Map<number, Peaks>()
  for (const size of PEAK_SIZES) {
    heaviest.set(size, await peaks(size))
    say(`the heaviest work with ${size} MB`)
  }
  return heaviest
}

async function sized(file: string, { functionName, samples }: Measured, resting: Resting): Promise<Memory> {
  const cpuMs = median(samples[0]!.map(({ importCpuMs, firstEventCpuMs }) => importCpuMs + firstEventCpuMs))
  return {
    functionName,
    declared: resting.memoryMb(functionName),
    cpuMs,
    ...(await shares(file, functionName, resting)),
  }
}

/** Milliseconds of import and first event for each size of memory, in turn. */
async function shares(
  file: string,
  functionName: string,
  resting: Resting,
): Promise<Pick<Memory, 'coldMs' | 'warmMs' | 'limited'>> {
  const samples = SIZES.map((): Sample[] => [])
  let limited = true
  for (let run = 0; run < SHARE_RUNS; run++)
    for (const [index, size] of SIZES.entries()) {
      const share = shareOf(size)
      limited &&= share !== undefined
      samples[index]!.push(await cold(file, functionName, resting, share?.prefix))
      share?.close()
    }
  const medians = (of: (sample: Sample) => number) => samples.map((these) => median(these.map(of)))
  return {
    coldMs: medians(({ importMs, firstEventMs }) => importMs + firstEventMs),
    warmMs: medians(({ warmMs }) => warmMs),
    limited,
  }
}

async function cold(
  file: string,
  functionName: string,
  resting: Resting,
  prefix: readonly string[] = [],
): Promise<Sample> {
  const env = { PATH: process.env.PATH ?? '', ...resting.environment(functionName) }
  const words = [process.execPath, COLD, file, JSON.stringify(resting.firstEvent(functionName))]
  const [program = '', ...rest] = [...prefix, ...words]
  const { stdout } = await promisify(execFile)(program, rest, { env, maxBuffer: 1 << 24 })
  return JSON.parse(stdout.trim().split('\n').at(-1)!)
}

// ./edge imports it.
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const runs = Number(process.argv.slice(2).find((word) => !word.startsWith('--')) ?? RUNS)
  if (!Number.isInteger(runs) || runs < 1) throw new Error(`runs: found ${process.argv[2]}, wanted 1 or more`)
  await alone((say) => coldStarts(say, runs, 'measured'))
}
