// npm run bench:cold [-- runs]: what a cold start costs. Per function, in turn and each time in a fresh process: as packaged, packaged with the
// tools' default settings, with the SDK from disk, and an empty handler. Writes docs/cold-start.md.
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { packaged } from '../local/package.ts'
import { ofType, readTemplateFile } from '../local/stack/template.ts'
import { startWire } from '../local/wire/server.ts'
import { liveWorld } from '../local/world/live.ts'
import { createWorld } from '../local/world/world.ts'
import { bundles } from '../test/support/bundles.ts'
import { eventFixture, sqsEvent, sqsRecord } from '../test/support/events.ts'
import { type Measured, page, reportOf, type Sample, VARIANTS } from './cold-start-page.ts'
import type { Report, Say } from './figures.ts'
import { measured as alone } from './standalone.ts'

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)))
const COLD = fileURLToPath(new URL('./cold-process.mjs', import.meta.url))

/** What serverless-esbuild does with nothing set: CommonJS, neither minified nor shaken well. */
const DEFAULTS = { bundle: true, platform: 'node', target: 'node24', format: 'cjs', logLevel: 'error' } as const

/** Puts the variants of a function into a folder. @returns the files to import, in the order of VARIANTS */
async function prepare(functionName: string, handler: Uint8Array, folder: string): Promise<string[]> {
  mkdirSync(folder)
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  const file = (name: string) => join(folder, name)
  writeFileSync(file('ours.mjs'), handler)
  const entry = { absWorkingDir: ROOT, entryPoints: [`functions/${functionName}/handler.ts`] }
  await build({ ...DEFAULTS, ...entry, outfile: file('default.cjs') })
  await build({ ...DEFAULTS, ...entry, outfile: file('disk.cjs'), external: ['@aws-sdk/*'] })
  writeFileSync(file('empty.mjs'), 'export const handler = async () => {}\n')
  return ['ours.mjs', 'default.cjs', 'disk.cjs', 'empty.mjs'].map(file)
}

const RUNS = 20

/** Also writes docs/cold-start.md. */
export async function coldStarts(say: Say, runs = RUNS): Promise<Report> {
  const folder = mkdtempSync(join(tmpdir(), 'ragstream-edge-cold-'))
  const world = liveWorld(createWorld({}))
  const wire = await startWire({ world, authorize: () => undefined })
  const scope = { account: '123456789012', region: world.state.region, queueOrigin: wire.url }
  const template = readTemplateFile(join(await packaged(), 'cloudformation-template-update-stack.json'), scope)
  const event = JSON.stringify(sqsEvent(sqsRecord(eventFixture('ec2-state-change-running'))))
  try {
    const measured: Measured[] = []
    for (const { functionName, entries, zip } of await bundles()) {
      const config = ofType(template, 'AWS::Lambda::Function').find(({ ref }) => ref.endsWith(`-${functionName}`))!
      const { Variables } = config.properties.Environment as { Variables: Record<string, string> }
      const env = { ...Variables, AWS_ENDPOINT_URL: wire.url, ...CREDENTIALS, AWS_REGION: scope.region }
      const files = await prepare(functionName, Object.values(entries)[0]!, join(folder, functionName))
      const samples: Sample[][] = VARIANTS.map(() => [])
      // Only what reads a queue is sent an event: others may want something of their own.
      const first = 'QUEUE_URL' in Variables ? event : ''
      for (let run = 0; run < runs; run++)
        for (const [index, file] of files.entries()) samples[index]!.push(await cold(file, first, env))
      measured.push({ functionName, zipBytes: zip.length, bytes: files.map((file) => statSync(file).size), samples })
      say(`cold start: ${functionName}, ${runs} runs of each`)
    }
    const text = page(measured, { runs, cores: cpus().length, node: process.version })
    writeFileSync(join(ROOT, 'docs', 'cold-start.md'), text)
    return reportOf(measured, runs)
  } finally {
    await wire.close()
    world.close()
    rmSync(folder, { recursive: true })
  }
}

/** Lambda gives a function its credentials in these. */
const CREDENTIALS = { AWS_ACCESS_KEY_ID: 'any', AWS_SECRET_ACCESS_KEY: 'any', AWS_SESSION_TOKEN: 'any' }

async function cold(file: string, event: string, env: Readonly<Record<string, string>>): Promise<Sample> {
  const { stdout } = await promisify(execFile)(process.execPath, [COLD, file, event], { env })
  return JSON.parse(stdout.trim().split('\n').at(-1)!)
}

if (import.meta.main) {
  const runs = Number(process.argv[2] ?? RUNS)
  if (!Number.isInteger(runs) || runs < 1) throw new Error(`runs: found ${process.argv[2]}, wanted 1 or more`)
  await alone((say) => coldStarts(say, runs))
}
