// docs/run.txt: what a person types and sees, from a real run on rendered machines. `node scripts/recording.ts` writes it anew.
import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { RECORDING } from './screens.ts'

/** What is typed at the prompt, and what ends its answer. */
const SESSION: readonly (readonly [typed: string, end: RegExp])[] = [
  ['break record-parked', /^ *[\d.]+ s {2}broken .*\n/m],
  ['diagnose', /^broken at .*\n/m],
  ['mend', /^ *[\d.]+ s {2}mended .*\n/m],
]

/** In another terminal. */
const BESIDE = ['./edge diagnose --local', './edge rollout ragstream.rusbehabtahi.com ragstream:1.5.0 --local']

const COMMAND = './edge start --rendered --keep'
const ROOT = fileURLToPath(new URL('..', import.meta.url))
const PROMPT = 'ragstream-edge> '

/** Without the program's own prompts, which come in between, and without the folder of this machine. */
const plain = (text: string, cache: string): string => text.replaceAll(PROMPT, '').replaceAll(cache, '~/.cache')

/** @throws Error with what was printed when the program ends too early */
export async function record(): Promise<string> {
  // A cache of its own: no other cloud runs there, which --local could mean.
  const cache = mkdtempSync(join(tmpdir(), 'ragstream-edge-recording-'))
  const env = { ...process.env, XDG_CACHE_HOME: cache }
  const [program = '', ...words] = COMMAND.split(' ')
  const child = spawn(program, words, { stdio: 'pipe', cwd: ROOT, env })
  let printed = ''
  const heard = new Set<() => void>()
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (part: string) => {
      printed += part
      for (const look of heard) look()
    })
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  /** Resolves with all that was printed after `from` once it matches. */
  const answer = (from: number, end: RegExp): Promise<string> => {
    const { promise, resolve, reject } = Promise.withResolvers<string>()
    const look = () => {
      if (end.test(printed.slice(from))) resolve(printed.slice(from))
    }
    heard.add(look)
    void ended.then(() => reject(new Error(`${COMMAND} ended before ${end}:\n${printed}`)))
    look()
    return promise.finally(() => heard.delete(look))
  }
  try {
    // The host of the second start may still be at work when the name leads there.
    await answer(0, new RegExp(PROMPT))
    const parts = [`$ ${COMMAND}\n${await answer(0, /step=done[\s\S]*step=done.*\n/)}`]
    for (const [typed, end] of SESSION) {
      const from = printed.length
      child.stdin.write(`${typed}\n`)
      parts.push(await answer(from, end))
    }
    const beside = BESIDE.map((line) => {
      const [command = '', ...typed] = line.split(' ')
      const printed = execFileSync(command, typed, { cwd: ROOT, env, encoding: 'utf8' })
      return `$ ${line}\n${plain(printed, cache)}`
    })
    child.stdin.write('quit\n')
    await ended
    const [first = '', ...answers] = parts.map((part) => plain(part, cache))
    return [first, ...answers.map((text, at) => `${PROMPT}${SESSION[at]![0]}\n${text}`), ...beside].join('')
  } finally {
    child.kill()
    await ended
    rmSync(cache, { recursive: true, force: true })
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(RECORDING, await record())
  console.log(`${RECORDING} written; now the pictures: node scripts/generate.ts`)
}
