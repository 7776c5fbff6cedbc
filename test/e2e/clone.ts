// npm run test:soak -- readme: the commands of the README as they stand there, in a clean clone of what is committed. The second one runs all
// tests and takes as long as they do. `node test/e2e/clone.ts start` runs only those that hold the word.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const [wanted = ''] = process.argv.slice(2)
const folder = mkdtempSync(join(tmpdir(), 'ragstream-edge-clone-'))
try {
  run(`git clone -q ${process.cwd()} ${folder}`, process.cwd())
  const readme = readFileSync(join(folder, 'README.md'), 'utf8')
  const commands = [...readme.matchAll(/^```bash\n(npm .*)\n```$/gm)].map(([, command = '']) => command)
  if (commands.length < 2) throw new Error(`README.md: found ${commands.length} commands of npm, wanted two`)
  for (const command of commands.filter((one) => one.includes(wanted))) run(command, folder)
  const left = run('git status --porcelain', folder)
  if (left !== '') throw new Error(`the clone: found changed files, wanted none:\n${left}`)
} finally {
  rmSync(folder, { recursive: true, force: true })
}

/** @returns what it printed. @throws Error where its exit code is not 0 */
function run(command: string, cwd: string): string {
  const began = performance.now()
  const { status, stdout } = spawnSync('bash', ['-c', command], {
    cwd,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  if (status !== 0) throw new Error(`${command}: found exit code ${status}, wanted 0:\n${stdout.slice(-4_000)}`)
  console.log(`ok  ${command}  ${((performance.now() - began) / 1000).toFixed(0)} s`)
  return stdout
}
