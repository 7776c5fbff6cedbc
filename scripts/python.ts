// Reads the Python that runs on hosts, as each document puts it together: nothing newer than Python 3.9, which Amazon Linux 2023 has
// (vermin), and no name that nobody defines (ruff).
import { spawnSync } from 'node:child_process'
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { pypiTool } from './pypi.ts'

const OLDEST = '3.9'

/** `<name>_program() { cat "$here/<file>" … }`: name -> the text that python3 gets. */
const hostPrograms = (): ReadonlyMap<string, string> => new Map(globSync('templates/*/*.sh').sort().flatMap(programsIn))

function programsIn(file: string): [string, string][] {
  const found = readFileSync(file, 'utf8').matchAll(/^(\w+_program)\(\) \{\n((?: {2}cat "\$here\/[^"]+\.py"\n)+)\}/gm)
  return [...found].map(([, name, lines = '']) => {
    const parts = [...lines.matchAll(/"\$here\/([^"]+)"/g)].map(([, part = '']) => join(dirname(file), part))
    return [`${basename(dirname(file))}-${name}`, parts.map((part) => readFileSync(part, 'utf8')).join('')]
  })
}

function check(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'ragstream-edge-python-'))
  try {
    const programs = hostPrograms()
    const files = [...programs].map(([name, text]) => {
      writeFileSync(join(folder, `${name}.py`), text)
      return `${name}.py`
    })
    if (files.length === 0) throw new Error('templates: found no program in Python, wanted one at least')
    const run = (program: string, ...words: string[]): boolean =>
      spawnSync(program, [...words, ...files], { cwd: folder, stdio: 'inherit' }).status === 0
    const runs = [
      run(pypiTool('vermin', '1.9.2'), '--quiet', '--violations', '--no-tips', `--target=${OLDEST}-`),
      run(
        pypiTool('ruff', '0.17.5'),
        'check',
        '--quiet',
        '--no-cache',
        '--isolated',
        '--select=E9,F',
        '--target-version=py39',
      ),
    ]
    return runs.every(Boolean)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const passed = check()
console.log(passed ? `python: nothing newer than ${OLDEST}` : 'python: see above')
process.exitCode = passed ? 0 : 1
