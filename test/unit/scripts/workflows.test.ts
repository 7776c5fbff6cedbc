// The workflows for GitHub: no job that may deploy or publish runs what packages bring beyond what it needs, and none goes before the checks.
import { readFileSync } from 'node:fs'

/** Jobs by name, as text: each starts with its name, two spaces in. */
function jobs(name: string): Map<string, string> {
  const [, text = ''] = readFileSync(`.github/workflows/${name}.yml`, 'utf8').split(/^jobs:\n/m)
  const parts = text.split(/^ {2}(?=[\w-]+:\n)/m).slice(1)
  return new Map(parts.map((part) => [part.split(':')[0]!, part]))
}
const head = (name: string): string => readFileSync(`.github/workflows/${name}.yml`, 'utf8').split(/^jobs:\n/m)[0]!
const runs = (job = ''): string[] => [...job.matchAll(/run: (.*)/g)].map(([, command]) => command!)

test.each(['check', 'deploy', 'release'])('%s: a right to write is given to a job, never to all of them', (name) => {
  expect(head(name)).toMatch(/^permissions:\n {2}contents: read\n(?! )/m)
})

test.each(['check', 'deploy', 'release'])('%s: no install script runs where there is a right to write', (name) => {
  const trusted = [...jobs(name)].filter(([, job]) => /^ {6}[\w-]+: write$/m.test(job))
  expect(trusted.map(([job]) => job)).toEqual(name === 'check' ? [] : [name])
  for (const command of trusted.flatMap(([, job]) => runs(job)))
    expect(command).not.toMatch(/npm (ci|install)(?!.* --ignore-scripts)|npm (run|test)/)
})

test.each(['check', 'deploy', 'release'])('%s: every action is a commit, and says its version', (name) => {
  const used = [...readFileSync(`.github/workflows/${name}.yml`, 'utf8').matchAll(/uses: (.*)/g)].map(
    ([, what]) => what!,
  )
  const others = used.filter((what) => !what.startsWith('./'))
  expect(others.length).toBeGreaterThan(0)
  for (const action of others) expect(action).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/)
})

test('one action has one commit and one version everywhere', () => {
  const used = ['check', 'deploy', 'release'].flatMap((name) => [
    ...readFileSync(`.github/workflows/${name}.yml`, 'utf8').matchAll(/uses: ([\w/-]+)@(.*)/g),
  ])
  const versions = Map.groupBy(used, ([, action]) => action)
  for (const [, uses] of versions) expect(new Set(uses.map(([, , version]) => version)).size).toBe(1)
})

const PACKAGE = 'node node_modules/.bin/sls package --stage "$STAGE" --region "$REGION"'

test('deploy: what is deployed was built by a job that could not deploy, and by no install script', () => {
  const { build, deploy } = Object.fromEntries(jobs('deploy'))
  expect(runs(build)).toEqual(['npm ci --ignore-scripts', PACKAGE])
  expect(deploy).toMatch(/needs: build\n/)
  expect(runs(deploy).at(-1)).toMatch(/ deploy --package package /)
})

test('deploy: it is packaged again and compared before the role is taken', () => {
  const [before = '', after = ''] = jobs('deploy').get('deploy')!.split('uses: aws-actions/configure-aws-credentials@')
  expect(runs(before)).toEqual(['npm ci --ignore-scripts', PACKAGE, 'node scripts/same-package.ts .serverless package'])
  expect(runs(after)).toHaveLength(1)
})

test('release: only what the checks and the tests let through, built by them', () => {
  const { check, release } = Object.fromEntries(jobs('release'))
  expect(check).toContain('uses: ./.github/workflows/check.yml')
  expect(head('check')).toContain('  workflow_call:\n')
  expect(jobs('check').get('package')).toContain('needs: [check, test]')
  expect(runs(jobs('check').get('package'))[0]).toBe('npm ci --ignore-scripts')
  expect(release).toMatch(/needs: check\n/)
  expect(runs(release).join()).not.toContain('npm')
})
