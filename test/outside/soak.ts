// npm run test:soak -- outside: what is seldom, on the emulator; then faults planted into the project, each of which must make the main line red.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DescribeParametersCommand, SSMClient } from '@aws-sdk/client-ssm'
import { ADMINISTRATOR } from './emulator/project.ts'
import { openStage, SITE, type Stage } from './emulator/stage.ts'
import { commandsOf, story, until } from './emulator/watch.ts'

const SECURE = 'secure.example.com'

const parametersBelow = async ({ emulator }: Stage, path: string): Promise<(string | undefined)[]> => {
  const ParameterFilters = [{ Key: 'Path', Option: 'Recursive', Values: [path] }]
  const { Parameters = [] } = await new SSMClient(emulator.client).send(
    new DescribeParametersCommand({ ParameterFilters }),
  )
  return Parameters.map(({ Name }) => Name)
}

const SCENES: Readonly<Record<string, (stage: Stage) => Promise<void>>> = {
  async 'it deploys, and the site is live'({ project, deployer, live }) {
    await project.sls(deployer, 'deploy')
    await live(1)
  },

  async 'a deploy that fails goes back; the site follows, and the next one succeeds'(stage) {
    const { project, deployer, emulator, host } = stage
    const [before] = await commandsOf(emulator, host)
    project.edit('resources/documents.ts', 'Makes one site live on this host', 'Makes one site live here')
    // More than twelve hours.
    project.edit('resources/queues.ts', 'VisibilityTimeout: 6 * functionTimeout', 'VisibilityTimeout: 43_201')
    await assert.rejects(project.sls(deployer, 'deploy'), /VisibilityTimeout/)
    await stage.choose('ragstream:1.4.1')
    await stage.live(2)
    assert.equal((await commandsOf(emulator, host))[0]?.DocumentName, before?.DocumentName)
    project.edit('resources/queues.ts', 'VisibilityTimeout: 43_201', 'VisibilityTimeout: 6 * functionTimeout')
    await project.sls(deployer, 'deploy')
    await stage.resync()
    await until('the new document', async () => {
      const [last] = await commandsOf(emulator, host)
      return last?.DocumentName !== before?.DocumentName && last?.Status === 'Success'
    })
  },

  async 'a certificate is obtained while no instance runs'(stage) {
    const { project, deployer, emulator, zone } = stage
    project.edit('serverless.yml', 'https://acme-v02.api.letsencrypt.org/directory\n', `${emulator.authority()}\n`)
    const instances = { 'tag:Name': 'nobody' }
    project.declare({ hostname: SECURE, hostedZoneId: zone, instances, image: 'ragstream:1.4.0', tls: 'acme' })
    await project.sls(deployer, 'deploy')
    await until(
      'a certificate',
      async () =>
        (await parametersBelow(stage, '/ragstream-edge/prod/certificates')).some((name) => name?.includes(SECURE)),
      () => story(emulator),
    )
  },

  async 'the doctor finds the account ready, but for the instance that is not there'({ project }) {
    const said = await project.node(ADMINISTRATOR, 'cli/edge/head.mjs', 'doctor').catch((error: Error) => error.message)
    assert.deepEqual(said.match(/^FAIL.*/gm), ['FAIL  instance          no instance in eu-central-1 bears Name=nobody'])
  },

  async 'a diagnosis names the stopped app; a resync starts it again'(stage) {
    const ask = () =>
      stage.project.node(ADMINISTRATOR, 'cli/edge/head.mjs', 'diagnose', SITE).catch((error: Error) => error.message)
    assert.match(await ask(), /is live/)
    stage.stopApp()
    assert.match(await ask(), /is broken at container/)
    await stage.resync()
    await until(
      'live again',
      async () => / is live/.test(await ask()),
      () => story(stage.emulator),
    )
  },

  async 'a second stage stands beside it; the deployer of the first may not touch it'({ project, deployer, zone }) {
    const instances = { 'tag:Name': 'ragstream' }
    project.declare({ hostname: 'dev.example.com', hostedZoneId: zone, instances, image: 'ragstream:1.4.0' }, 'dev')
    await assert.rejects(project.sls(deployer, 'deploy', '--stage', 'dev'), /not authorized/)
    await project.sls(ADMINISTRATOR, 'deploy', '--stage', 'dev')
    await project.sls(ADMINISTRATOR, 'remove', '--stage', 'dev')
    await project.sls(deployer, 'remove')
  },
}

interface Mutation {
  readonly what: string
  readonly file: string
  readonly from: string
  readonly to: string
  /** The step that must be the first to fail. */
  readonly red: RegExp
}

const MUTATIONS: readonly Mutation[] = [
  {
    what: "a right on the function's queue is missing",
    file: 'resources/roles.ts',
    from: ", 'sqs:ChangeMessageVisibility'",
    to: '',
    // Its host's agent is not there at once: the message cannot be made visible again after seconds.
    red: /a start leads|nothing was denied/,
  },
  {
    what: 'commands go to instances of another tag',
    file: 'resources/roles.ts',
    from: "'ssm:resourceTag/ragstream-edge:stage'",
    to: "'ssm:resourceTag/ragstream-edge:other'",
    red: /first roll-out/,
  },
  {
    what: 'starts of hosts come into the wrong queue',
    file: 'resources/events.ts',
    from: "detail: { state: ['running'] },\n      },\n      Targets: [TO_HOSTS],",
    to: "detail: { state: ['running'] },\n      },\n      Targets: [TO_DNS],",
    red: /a start/,
  },
  {
    what: "a document's name has no hash",
    file: 'resources/index.ts',
    from: 'documentName(base, JSON.stringify(content))',
    to: '`${base}-x`',
    red: /changed document/,
  },
  {
    what: 'a site is declared before the mappings',
    file: 'resources/sites.ts',
    from: 'DependsOn: after,',
    to: '',
    red: /it deploys/,
  },
]

function planted({ what, red, ...mutation }: Mutation): void {
  const folder = mkdtempSync(join(tmpdir(), 'ragstream-edge-mutation-'))
  const results = join(folder, 'results.json')
  const words = ['node_modules/jest/bin/jest.js', '--selectProjects', 'outside', '--json', `--outputFile=${results}`]
  const env = { ...process.env, MUTATION: JSON.stringify(mutation) }
  spawnSync(process.execPath, ['--experimental-vm-modules', '--no-warnings', ...words], { stdio: 'ignore', env })
  const { testResults } = JSON.parse(readFileSync(results, 'utf8'))
  rmSync(folder, { recursive: true })
  const first = testResults[0].assertionResults.find(({ status }: { status: string }) => status !== 'passed')
  assert.ok(first, `${what}: no test was red`)
  const said = first.failureMessages[0]?.split('\n').slice(0, 12).join('\n')
  assert.match(first.title, red, said)
  console.log(`red    ${what}\n         at: ${first.title}\n         ${said.replaceAll('\n', '\n         ')}`)
}

async function seldom(): Promise<void> {
  const stage = await openStage(true)
  try {
    for (const [name, act] of Object.entries(SCENES)) {
      const started = Date.now()
      await act(stage)
      console.log(`passed ${name} (${((Date.now() - started) / 1000).toFixed(1)} s)`)
    }
    // Of the deployer, who tried another stage.
    assert.deepEqual([...new Set(stage.refused().map(({ action }) => action))], ['cloudformation:DescribeStacks'])
    assert.deepEqual(await stage.emulator.left(), { packets: 0, aims: [] })
  } finally {
    await stage.close()
  }
}

const [only] = process.argv.slice(2)
if (only !== 'mutations') await seldom()
if (only !== 'seldom') for (const mutation of MUTATIONS) planted(mutation)
