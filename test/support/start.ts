// `npm start` as a person starts it: a process, its lines, and what it leaves behind.
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { packaged } from '../../local/package.ts'

export interface Started {
  readonly process: ChildProcess
  readonly cache: string
  output(): string
  /** Resolves with the first match in what was printed; rejects when the process ends without it. */
  printed(pattern: RegExp): Promise<RegExpExecArray>
  type(line: string): void
  readonly exited: Promise<number | null>
}

/** A cache folder of one's own in which the stack is packaged already. */
export async function packagedCache(): Promise<string> {
  const shelf = dirname(await packaged())
  const cache = mkdtempSync(join(tmpdir(), 'ragstream-edge-start-'))
  mkdirSync(join(cache, 'ragstream-edge'))
  symlinkSync(shelf, join(cache, 'ragstream-edge', 'package'))
  return cache
}

/** Marks every process that the run starts, so that leftovers can be found. */
const MARK = 'RAGSTREAM_EDGE_TEST'

export function npmStart(
  words: readonly string[],
  cache = mkdtempSync(join(tmpdir(), 'ragstream-edge-start-')),
): Started {
  const child = spawn(process.execPath, ['cli/start/main.ts', ...words], {
    stdio: 'pipe',
    env: { ...process.env, XDG_CACHE_HOME: cache, [MARK]: cache },
  })
  let text = ''
  const listeners = new Set<() => void>()
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (part: string) => {
      text += part
      for (const listener of listeners) listener()
    })
  const exited = new Promise<number | null>((resolve) => child.once('close', (code) => resolve(code)))
  return {
    process: child,
    cache,
    output: () => text,
    exited,
    type: (line) => child.stdin?.write(`${line}\n`),
    printed(pattern) {
      const { promise, resolve, reject } = Promise.withResolvers<RegExpExecArray>()
      const look = () => {
        const match = pattern.exec(text)
        if (match) resolve(match)
      }
      listeners.add(look)
      void exited.then((code) => reject(new Error(`ended with ${code} before ${pattern}:\n${text}`)))
      look()
      return promise.finally(() => listeners.delete(look))
    },
  }
}

/** The program of every day, as `./edge` starts it. */
export const EDGE = 'cli/edge/head.mjs'

type Surroundings = Readonly<Record<string, string | undefined>>

/** A command of the maintainer in another terminal, beside the local cloud of a cache folder or in surroundings of its own. */
export async function typed(
  where: string | { readonly env: Surroundings; readonly stdin?: string },
  script: string,
  ...words: readonly string[]
) {
  const env = { ...process.env, ...(typeof where === 'string' ? { XDG_CACHE_HOME: where } : where.env) }
  const child = spawn(process.execPath, [script, ...words], { stdio: 'pipe', env })
  child.stdin.end(typeof where === 'string' ? '' : (where.stdin ?? ''))
  const printed = { stdout: '', stderr: '' }
  for (const stream of ['stdout', 'stderr'] as const)
    child[stream].setEncoding('utf8').on('data', (part: string) => {
      printed[stream] += part
    })
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  return { code, ...printed }
}

/** Processes that a run started and that still live after it, by the mark in their environment. What was killed may take a while to go. */
export async function leftovers(cache: string): Promise<string[]> {
  let left = marked(cache)
  for (const limit = Date.now() + 60_000; left.length > 0 && Date.now() < limit; left = marked(cache)) await pause(50)
  return left
}

function marked(cache: string): string[] {
  if (!existsSync('/proc/self/environ')) return []
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const isMarked = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(`${MARK}=${cache}`)
        return isMarked ? [`${pid} ${readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')}`] : []
      } catch {
        return [] // ended meanwhile, or not ours
      }
    })
}

export const runFolders = (cache: string): string[] => {
  const runs = join(cache, 'ragstream-edge', 'runs')
  return existsSync(runs) ? readdirSync(runs) : []
}
