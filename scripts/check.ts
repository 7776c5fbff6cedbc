// npm run check: everything that reads the code without running it. Each tool's first words are its name.
import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'

// Each main.sh sources its parts; the rest are programs of their own.
const shell = [...globSync('templates/*/main.sh').sort(), 'local/machine/rendered/programs/flock', '.ci/run']

const CHECKS: readonly (readonly [string, ...string[]])[] = [
  ['node', 'scripts/markers.ts'],
  ['tsc', '-p', '.'],
  ['biome', 'check', '--error-on-warnings', '.'],
  ['node', 'scripts/generate.ts', '--check'],
  ['node', 'scripts/template.ts'],
  ['node', 'scripts/rights.ts'],
  ['node', 'scripts/aws-lines.ts'],
  ['node', 'scripts/nginx.ts'],
  ['node', 'scripts/python.ts'],
  ['node', 'scripts/workflows.ts'],
  // With the parts that they source. What only one program reads of a shared part, others set in vain.
  ['shellcheck', '-a', '-e', 'SC2034,SC2119,SC2120', ...shell],
]

// Before minutes are spent on what then fails for want of it.
const absent = ['shellcheck', 'python3'].filter((tool) => spawnSync(tool, ['--version']).error)
if (absent.length > 0) {
  console.error(
    `found no ${absent.join(', ')}, wanted it; on Debian and Ubuntu: apt-get install shellcheck python3-venv`,
  )
  process.exit(2)
}

const failures = CHECKS.filter(([command, ...words]) => {
  console.log(`== ${command} ${words.length > 4 ? `${words.length} files` : words.join(' ')}`)
  const { status, error } = spawnSync(command, words, { stdio: 'inherit' })
  if (error) console.error(`${command}: ${error.message}; on Debian and Ubuntu: apt-get install ${command}`)
  return status !== 0
})
console.log(
  failures.length === 0
    ? 'all checks pass'
    : `failed: ${failures.map(([command, ...words]) => `${command} ${words[0]}`).join(', ')}`,
)
process.exitCode = failures.length === 0 ? 0 : 1
