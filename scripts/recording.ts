// docs/run.txt and docs/evening.txt: what a person types and sees, from real runs on rendered machines. `node scripts/recording.ts` writes them anew.
import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { packaged, withIdle } from '../local/package.ts'
import { EVENING, RECORDING } from './screens.ts'

/** What is in a diagnosis where everything was seen in time. */
const SEEN: readonly RegExp[] = [
  / runs since [^\]]*agent Online,\s+configure-host Success/,
  / resolvers .* for \d+ s/,
  / nginx 0\.0\.0/,
  / container .* running, [^\]]*\sMB of\s/,
  / app .* seen from the host/,
  / websocket .* seen from the host/,
]

/** What is typed at the prompt, what ends its answer, and what is in it. */
const SESSION: readonly (readonly [typed: string, end: RegExp, wanted: readonly RegExp[]])[] = [
  ['break record-parked', /^ *[\d.]+ s {2}broken .*\n/m, []],
  ['diagnose', /^here: mend .*\n/m, SEEN],
  ['mend', /^ *[\d.]+ s {2}mended .*\n/m, []],
]

/** Typed until it is answered so, and for the last one until it has followed: a host is young at first, and later not unused for long enough. */
const A_TAB: readonly (readonly [typed: string, answer: RegExp, follows?: RegExp])[] = [
  ['visit', / visitor .*\n/],
  ['idle', / keep \S+: 1 session is open\n/],
  ['leave', / visitor .*\n/],
  ['idle', / keep \S+: used until .*\n/],
  ['idle', / stop \S+: nobody has used it .*\n/, / Route 53 .* -> 192\.0\.2\.1 .*\n/],
  ['status', / notices .*\n/],
]

/** In another terminal. */
const BESIDE: readonly (readonly [line: string, wanted: readonly RegExp[]])[] = [
  ['./edge diagnose --local', SEEN],
  ['./edge rollout ragstream.rusbehabtahi.com ragstream:1.5.0 --local', []],
]

const COMMAND = './edge start --rendered --keep'
const ROOT = fileURLToPath(new URL('..', import.meta.url))
const PROMPT = 'ragstream-edge> '

/** Of the first start and of the second. */
const SECOND_HOST = / configured,[\s\S]*? configured,.*\n/

/** Diagnoses, until the host has answered one of them. */
const MOST = 4

/** Milliseconds for one answer. The first one may wait for the stack to be packaged, on a machine that does much else. */
const PATIENCE = 900_000

interface Run {
  readonly env: NodeJS.ProcessEnv
  /** Without the program's own prompts, which come in between, and without the folder of this machine. */
  plain(text: string): string
  /** How much was printed so far. */
  length(): number
  /** Resolves with all that was printed after `from` once it matches. */
  answer(from: number, end: RegExp): Promise<string>
  type(line: string): void
  readonly ended: Promise<void>
}

/** The start, until the host of its second start is done. @throws Error with what was printed when the program ends too early, or an answer does not come */
async function recorded(
  prepare: (cache: string) => Promise<void>,
  act: (run: Run, start: string) => Promise<string>,
): Promise<string> {
  // A cache of its own: no other cloud runs there, which --local could mean.
  const cache = mkdtempSync(join(tmpdir(), 'ragstream-edge-recording-'))
  await prepare(cache)
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
  const plain = (text: string): string => text.replaceAll(PROMPT, '').replaceAll(cache, '~/.cache')
  const answer = (from: number, end: RegExp): Promise<string> => {
    const { promise, resolve, reject } = Promise.withResolvers<string>()
    const look = () => {
      // A prompt may stand before the line that is waited for.
      if (end.test(plain(printed.slice(from)))) resolve(printed.slice(from))
    }
    heard.add(look)
    void ended.then(() => reject(new Error(`${COMMAND} ended before ${end}:\n${printed}`)))
    const late = () => reject(new Error(`${COMMAND} did not print ${end} within ${PATIENCE / 1000} s:\n${printed}`))
    const waiting = setTimeout(late, PATIENCE)
    look()
    return promise.finally(() => {
      clearTimeout(waiting)
      heard.delete(look)
    })
  }
  const type = (line: string) => void child.stdin.write(`${line}\n`)
  try {
    // The host of the second start may still be at work when the name leads there.
    await answer(0, /^DONE .*\n/m)
    await answer(0, SECOND_HOST)
    // The prompt's help may be there already: it belongs to what is typed first.
    const ends = [/^DONE .*\n/m, SECOND_HOST].map((end) => end.exec(printed)!).map((end) => end.index + end[0].length)
    const start = printed.slice(0, Math.max(...ends))
    return await act({ env, plain, answer, type, ended, length: () => printed.length }, start)
  } finally {
    child.kill()
    await ended
    rmSync(cache, { recursive: true, force: true })
  }
}

export const record = (): Promise<string> =>
  recorded(
    async () => {},
    async ({ env, plain, length, answer, type, ended }, start) => {
      const parts = [`$ ${COMMAND}\n${plain(start)}`]
      let from = start.length
      for (const [typed, end, wanted] of SESSION) {
        let said = ''
        for (let tries = 0; tries < MOST && (tries === 0 || !wanted.every((one) => one.test(said))); tries++) {
          type(typed)
          said = plain(await answer(from, end))
          from = length()
        }
        parts.push(`${PROMPT}${typed}\n${said}`)
      }
      for (const [line, wanted] of BESIDE) parts.push(`$ ${line}\n${plain(beside(line, wanted, env))}`)
      type('quit')
      await ended
      return parts.join('')
    },
  )

/** What a command printed. A host of a busy machine may not answer in time: then a person asks again. */
function beside(line: string, wanted: readonly RegExp[], env: NodeJS.ProcessEnv): string {
  const [command = '', ...typed] = line.split(' ')
  for (let tries = 1; ; tries++) {
    const { status, stdout, stderr } = spawnSync(command, typed, { cwd: ROOT, env, encoding: 'utf8' })
    const isWhole = wanted.every((one) => one.test(stdout))
    if (status === 0 && isWhole) return stdout
    const isLate = !isWhole || stdout.includes('nothing is proved to be broken')
    if (tries === MOST || !isLate)
      throw new Error(`${line}: found exit code ${status}, wanted 0 and ${wanted.join(' ')}:\n${stdout}${stderr}`)
  }
}

/** An evening of a site with `idle`: what was typed, and answered as it should be. */
export const recordEvening = (): Promise<string> =>
  recorded(packagedWithIdle, async (run) => {
    const parts: string[] = []
    for (const [typed, ...wanted] of A_TAB) parts.push(`${PROMPT}${typed}\n${await asked(run, typed, ...wanted)}`)
    run.type('quit')
    await run.ended
    return parts.join('')
  })

async function packagedWithIdle(cache: string): Promise<void> {
  const shelf = dirname(await packaged(undefined, undefined, withIdle))
  mkdirSync(join(cache, 'ragstream-edge'))
  symlinkSync(shelf, join(cache, 'ragstream-edge', 'package'))
}

const ANSWER = /^ *[\d.]+ s {2}(visitor|idle|notices) .*\n/m

async function asked({ plain, length, answer, type }: Run, typed: string, wanted: RegExp, follows?: RegExp) {
  for (;;) {
    const from = length()
    type(typed)
    const said = plain(await answer(from, ANSWER))
    if (wanted.test(said)) return plain(await answer(from, follows ?? wanted))
    await pause(1_000)
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(RECORDING, await record())
  writeFileSync(EVENING, await recordEvening())
  console.log(`${RECORDING} and ${EVENING} written; now the pictures: node scripts/generate.ts`)
}
