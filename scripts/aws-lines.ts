// Every command of the AWS CLI that a page, a hint or a verdict shows is put before the CLI's own parser and the services' models: operation,
// options, required arguments. Nothing is sent.
import { execFileSync } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { type AwsCommand, awsCommands } from './aws-commands.ts'
import { pypiTool } from './pypi.ts'

/** Pages that are written from sources are left out: the sources are read. */
const FILES = ['*.md', 'docs/**/*.md', '{cli,functions,local,resources,templates}/**/*.{ts,cjs,sh,py}']
const WRITTEN = ['docs/verdicts.md', 'CHANGELOG.md']

/** Of version 2 of the CLI alone; the parser is that of version 1, whose services and operations are the same. */
const ONLY_IN_VERSION_2 = ['configure sso', 'logs tail', 'sso login']

const commands = globSync(FILES)
  .filter((file) => !WRITTEN.includes(file))
  .sort()
  .flatMap((file) => awsCommands(file, readFileSync(file, 'utf8')))
const asked = commands.filter(({ words }) => !ONLY_IN_VERSION_2.includes(words.slice(0, 2).join(' ')))

function judged(all: readonly AwsCommand[]): (string | null)[] {
  const python = pypiTool('awscli', '1.46.3', 'python')
  const input = JSON.stringify(all.map(({ words }) => words))
  // No credentials and no region of whoever runs this.
  const env = { PATH: process.env.PATH, HOME: '/nonexistent', AWS_DEFAULT_REGION: 'eu-central-1' }
  return JSON.parse(execFileSync(python, ['scripts/aws-cli.py'], { input, env, encoding: 'utf8' }))
}

const wrong = judged(asked).flatMap((why, index) => (why === null ? [] : [{ ...asked[index]!, why }]))
for (const { at, words, why } of wrong) console.error(`${at}: aws ${words.join(' ')}\n  ${why}`)
console.log(`commands of the AWS CLI: ${asked.length}, of which ${wrong.length} are wrong`)
process.exitCode = asked.length === 0 || wrong.length > 0 ? 1 : 0
