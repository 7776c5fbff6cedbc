// Runs `sls package` when what goes into the package has changed, and keeps the result in the cache folder.
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, existsSync, globSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rename, rm, stat, utimes } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { cacheFolder } from './machine/paths.ts'

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)))
const KEPT = 3
/** Milliseconds: a package that was asked for within this time may be in use by another run. */
const IN_USE = 3_600_000

/** Another project than the one in this repository. */
export interface Variant {
  /** Tells its packages from those of the project itself. */
  readonly name: string
  /** Changes a copy of the project before it is packaged. */
  readonly change: (project: string) => void
}

const SITE = 'resources/sites/ragstream.rusbehabtahi.com.json'
const IDLE = { stopAfter: '10m', unusedAfter: '10m' }

/** The declared site has these fields, too. */
const withFields = (name: string, fields: object): Variant => ({
  name,
  change(project) {
    const file = join(project, SITE)
    writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), ...fields }))
  },
})

/** Only there are the function that stops what nobody uses, its rule and its role. */
export const withIdle: Variant = withFields('-idle', { idle: IDLE })
/** It sleeps and wakes by itself: every function is there. */
export const withDoor: Variant = withFields('-door', { door: {}, idle: IDLE })

/** The folder with the compiled template and the zips. Packaged aside and renamed: half a package never counts. */
export async function packaged(
  onProgress: (text: string) => void = () => {},
  signal: AbortSignal = new AbortController().signal,
  variant?: Variant,
): Promise<string> {
  const plain = variant && (await packaged(onProgress, signal))
  const shelf = join(cacheFolder(), `package${variant?.name ?? ''}`)
  const folder = join(shelf, plain ? basename(plain) : fingerprint())
  if (!existsSync(folder)) {
    onProgress('sls package')
    await mkdir(shelf, { recursive: true })
    const aside = await mkdtemp(`${folder}.`)
    try {
      if (plain) await packageVariant(aside, plain, variant, signal)
      else await slsPackage(aside, signal)
      await rename(aside, folder).catch(() => {}) // Another run was faster.
    } finally {
      await rm(aside, { recursive: true, force: true })
    }
  }
  await utimes(folder, new Date(), new Date())
  await dropOld(shelf)
  return folder
}

/** Bundles idle and door alone, and copies the other bundles. What a site declares is in no bundle: a long test of the package compares them. */
async function packageVariant(folder: string, plain: string, { change }: Variant, signal: AbortSignal): Promise<void> {
  const copy = (pattern: string) => {
    for (const file of globSync(pattern, { cwd: plain })) cpSync(join(plain, file), join(folder, file))
  }
  copy('*.zip')
  await slsPackage(folder, signal, 'prod', (project) => {
    change(project)
    const settings = join(project, 'serverless.yml')
    const [before, after] = readFileSync(settings, 'utf8').split('  esbuild:\n')
    if (after === undefined) throw new Error('serverless.yml: found no esbuild, wanted its settings below custom')
    const skip = '    skipBuild: true\n    skipBuildExcludeFns: [idle, door]\n'
    writeFileSync(settings, `${before}  esbuild:\n${skip}${after}`)
  })
  // At its end the framework replaced the folder.
  copy('*.contents.json')
}

const INPUTS = ['functions', 'resources', 'templates', 'serverless.yml', 'package.json', 'package-lock.json']

function fingerprint(): string {
  const files = globSync(
    INPUTS.flatMap((input) => [input, `${input}/**`]),
    { cwd: ROOT, withFileTypes: true },
  ).filter((entry) => entry.isFile())
  const hash = createHash('sha256')
  for (const file of files.map((entry) => join(entry.parentPath, entry.name)).sort())
    hash.update(file.slice(ROOT.length)).update('\0').update(readFileSync(file)).update('\0')
  return hash.digest('hex').slice(0, 16)
}

/**
 * Packages into a folder, whatever is kept; from a copy of the project, since the framework works in files of fixed names beside its sources,
 * and other runs may package at the same time.
 * @throws Error with what the framework printed
 */
export async function slsPackage(
  folder: string,
  signal: AbortSignal,
  stage = 'prod',
  change: Variant['change'] = () => {},
  within = tmpdir(),
): Promise<void> {
  // esbuild's bundles pass through the folder for temporary files, and are left there.
  const temporary = mkdtempSync(join(within, 'ragstream-edge-package-'))
  const project = copyOfProject(join(temporary, 'project'))
  change(project)
  const sls = join(ROOT, 'node_modules', '.bin', 'sls')
  // The framework keeps files of its own in the home folder. Its compiled schema is worth keeping: it takes seconds to make.
  const env = { ...process.env, TMPDIR: temporary, HOME: temporary, SLS_SCHEMA_CACHE_BASE_DIR: cacheFolder() }
  const words = [sls, 'package', '--stage', stage, '--package', folder]
  const options = { cwd: project, env, signal, killSignal: 'SIGKILL' } as const
  const packaging = promisify(execFile)(process.execPath, words, options)
  // Not by `once`, which an abort makes fail before the program has ended.
  const ended = new Promise((resolve) => packaging.child.once('close', resolve))
  try {
    await packaging
  } catch (error) {
    await ended
    await rm(folder, { recursive: true, force: true })
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string }
    throw new Error(`sls package failed:\n${stdout}${stderr}`, { cause: error })
  } finally {
    await rm(temporary, { recursive: true, force: true })
  }
}

function copyOfProject(folder: string): string {
  for (const input of INPUTS) cpSync(join(ROOT, input), join(folder, input), { recursive: true })
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  return folder
}

async function dropOld(shelf: string): Promise<void> {
  const folders = await Promise.all(
    (await readdir(shelf)).map(async (name) => ({ name, used: await used(shelf, name) })),
  )
  const old = folders.sort((a, b) => b.used - a.used).slice(KEPT)
  for (const { name } of old.filter((one) => one.used < Date.now() - IN_USE))
    await rm(join(shelf, name), { recursive: true, force: true })
}

/** When it was last asked for, milliseconds since the epoch. Another run may just have renamed or removed it. */
const used = (shelf: string, name: string): Promise<number> =>
  stat(join(shelf, name)).then(
    ({ mtimeMs }) => mtimeMs,
    () => Date.now(),
  )
