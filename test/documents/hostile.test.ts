// Thousands of hostile values: the patterns in JavaScript and in bash, then the real scripts. A canary tells if one was executed,
// and the folder in which they run if one was written outside its place.
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import fc from 'fast-check'
import { hostParameters } from '../../functions/lib/hosts/parameters.ts'
import { LONG } from '../support/long-tests.ts'
import { admits, hostile, LONGEST, seed } from './hostile-values.ts'
import { environment } from './values.ts'

const [COUNT, THROUGH_SCRIPTS] = LONG ? [10_000, 500] : [2_500, 125]

const values = [...new Set(fc.sample(hostile, { seed, numRuns: COUNT * 2 }))].slice(0, COUNT)

/** Nothing that a shell, nginx or Docker reads as more than part of a word. */
const PLAIN = /^[A-Za-z0-9._:/,=+@-]*$/

test(`${COUNT} values, SEED=${seed}: what a pattern admits is plain`, () => {
  expect(values).toHaveLength(COUNT)
  expect(values.filter((value) => Buffer.byteLength(value) > LONGEST / 2).length).toBeGreaterThan(20)
  const wrong = hostParameters.flatMap(({ name, pattern }) =>
    values.filter((value) => admits(pattern, value) && !PLAIN.test(value)).map((value) => `${name}: ${value}`),
  )
  expect(wrong).toEqual([])
})

test(`the same values, SEED=${seed}: bash on a host judges each as the service does`, () => {
  // A NUL cannot reach bash, and what is no Unicode text cannot reach the service.
  const sent = values.filter((value) => !value.includes('\0') && value.isWellFormed())
  // bash reads a pattern anew each time: each one once.
  const patterns = [...new Set(hostParameters.map(({ pattern }) => pattern))]
  const script = `LC_ALL=C; while IFS= read -rd '' value; do
    for pattern in "$@"; do if [[ $value =~ $pattern ]]; then printf y; else printf n; fi; done; echo; done`
  const judged = execFileSync('bash', ['-c', script, 'bash', ...patterns], {
    input: sent.map((value) => `${value}\0`).join(''),
    encoding: 'utf8',
    maxBuffer: 1e9,
  })
  const expected = sent.map((value) => patterns.map((pattern) => (admits(pattern, value) ? 'y' : 'n')).join(''))
  expect(judged.trimEnd().split('\n')).toEqual(expected)
})

/** A host with nothing but what the first step needs, and the program that would leave the canary. */
function emptyHost(): { root: string; env: Record<string, string> } {
  const root = mkdtempSync(path.join(tmpdir(), 'ragstream-edge-hostile-'))
  mkdirSync(path.join(root, 'bin'))
  for (const name of ['dirname', 'rm', 'touch', 'mkdir', 'chmod', 'cat', 'wc'])
    symlinkSync(execFileSync('which', [name], { encoding: 'utf8' }).trim(), path.join(root, 'bin', name))
  const places = {
    NGINX_DIR: 'nginx',
    STATE_DIR: 'state',
    RUN_DIR: 'run',
    LOG: 'log/edge.log',
    ROOT_DIR: '',
    UNIT_DIR: 'units',
  }
  const redirected = Object.entries(places).map(([name, place]) => [`EDGE_${name}`, path.join(root, place)])
  return { root, env: { PATH: path.join(root, 'bin'), HOME: root, ...Object.fromEntries(redirected) } }
}

/** Of each variable and value that it reads: what the program says with them, and how it ends. */
const EACH = `while IFS= read -rd '' name && IFS= read -rd '' value; do
  (export "$name=$value"; exec /bin/bash "$1" </dev/null 2>/dev/null); printf '\\0%s\\0' "$?"; done`

test(`${THROUGH_SCRIPTS} of them, SEED=${seed}, through the scripts: refused at the first step, none executed, nothing written`, () => {
  const { root, env } = emptyHost()
  const before = readdirSync(root, { recursive: true })
  const refused = values
    .filter((value) => !value.includes('\0') && value.isWellFormed())
    .flatMap((value, index) => {
      const { name, pattern } = hostParameters[index % hostParameters.length]!
      return admits(pattern, value) ? [] : [[name, value] as const]
    })
  const tried = refused.slice(0, THROUGH_SCRIPTS)
  const variable = Object.fromEntries(hostParameters.map((one) => [one.name, one.variable]))
  // A small shell starts each run: to start one from here costs more than the run itself.
  const runs = execFileSync('/bin/bash', ['-c', EACH, 'bash', path.resolve('templates/configure-host/main.sh')], {
    cwd: root,
    env: { ...environment(), ...env },
    input: tried.map(([name, value]) => `${variable[name]}\0${value}\0`).join(''),
    encoding: 'utf8',
    maxBuffer: 1e9,
  }).split('\0')
  for (const [at, [name, value]] of tried.entries()) {
    const [stdout, status] = runs.slice(2 * at)
    expect({ name, value, status, stdout }).toMatchObject({
      status: '1',
      stdout: expect.stringMatching(new RegExp(`^step=inputs result=failed reason="${name} does not match .*\n$`)),
    })
  }
  expect(refused.length).toBeGreaterThanOrEqual(THROUGH_SCRIPTS)
  expect(readdirSync(root, { recursive: true })).toEqual(before)
  rmSync(root, { recursive: true })
})

test('the canary sings where a value is executed', () => {
  const { root, env } = emptyHost()
  spawnSync('/bin/bash', ['-c', 'eval "echo $EDGE_IMAGE"'], {
    cwd: root,
    env: { ...env, EDGE_IMAGE: '$(touch canary)' },
  })
  expect(readdirSync(root)).toContain('canary')
  rmSync(root, { recursive: true })
})
