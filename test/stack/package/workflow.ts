// npm run test:soak -- workflow: what deploy.yml runs before it takes a role, in two clean clones of this commit, as its two jobs do.
import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'

const folder = mkdtempSync(join(tmpdir(), 'edge-workflow-'))
const [, build = '', deploy = ''] = readFileSync('.github/workflows/deploy.yml', 'utf8').split(
  /^ {2}(?:build|deploy):\n/m,
)
const commands = (job: string): string[] => [...job.matchAll(/- run: (.*)/g)].map(([, command]) => command!)

/** The runner has Node.js on its PATH; `node_modules/.bin` of this clone is none of its. */
const PATH = [
  dirname(process.execPath),
  ...process.env.PATH!.split(delimiter).filter((one) => !one.includes('node_modules')),
]
const env = { ...process.env, PATH: PATH.join(delimiter), NODE_OPTIONS: '', STAGE: 'prod', REGION: 'eu-central-1' }

function run(clone: string, command: string): void {
  console.log(`${clone}: ${command}`)
  execFileSync('bash', ['-e', '-c', command], {
    cwd: join(folder, clone),
    env,
    stdio: ['ignore', 'inherit', 'inherit'],
  })
}

try {
  for (const clone of ['build', 'deploy']) execFileSync('git', ['clone', '-q', process.cwd(), join(folder, clone)])
  for (const command of commands(build)) run('build', command)
  cpSync(join(folder, 'build/.serverless'), join(folder, 'deploy/package'), { recursive: true })
  const before = commands(deploy.split('configure-aws-credentials')[0]!)
  for (const command of before) run('deploy', command)
  console.log(`${before.length} steps before the role is taken, with Node.js ${process.version}`)
} finally {
  rmSync(folder, { recursive: true })
}
