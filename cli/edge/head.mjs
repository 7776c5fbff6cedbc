// The head of ./edge, in JavaScript that any Node.js since 18 reads: says what is missing before a line of TypeScript is loaded.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { constants } from 'node:os'
import { fileURLToPath } from 'node:url'

const WANTED = 24
const root = fileURLToPath(new URL('../../', import.meta.url))
const brought = `${root}node_modules/node/bin/node`
const isOld = Number(process.versions.node.split('.')[0]) < WANTED

/** What keeps the program from being loaded; undefined where nothing does. */
function missing() {
  if (!existsSync(`${root}node_modules/commander`)) return `found no packages in ${root}, wanted them: npm ci`
  if (!isOld || existsSync(brought)) return undefined
  const found = `found Node.js ${process.versions.node}, wanted ${WANTED} or newer`
  return `${found}: npm ci brings one; where npm was told to run no scripts (--ignore-scripts): node node_modules/node/installArchSpecificPackage.js`
}

const reason = missing()
if (reason) {
  process.stderr.write(`${reason}\n`)
  process.exitCode = 2
} else if (isOld) {
  // The one that npm ci brought takes over; a signal of the terminal reaches both, and it ends first.
  const child = spawn(brought, process.argv.slice(1), { stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
    process.on(signal, () => signal === 'SIGINT' || child.kill(signal))
  child.once('exit', (code, signal) => {
    process.exitCode = code ?? 128 + constants.signals[signal]
  })
} else {
  // Every path of the project is told from its root.
  process.chdir(root)
  await import('./main.ts')
}
