// The stack from template and zip to a living thing: events through rules and queues into processes, updates, rest.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type DeployOptions, deployStack, readStack, type Stack } from '../../../local/stack/deploy.ts'
import type { InvocationEnd } from '../../../local/stack/lambda.ts'
import { liveWorld } from '../../../local/world/live.ts'
import type { LiveWorld } from '../../../local/world/types.ts'
import { createWorld } from '../../../local/world/world.ts'
import { account, fixtureTemplate, packageFixture, type RawTemplate, region } from '../../unit/local/stack/fixture.ts'

const folder = mkdtempSync(join(tmpdir(), 'stack-deploy-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** Prints what each message was about; fails messages whose body holds "poison". */
const bundle = `export const handler = async ({ Records }) => {
  const failed = []
  for (const { messageId, body } of Records) {
    const { detail, 'detail-type': type } = JSON.parse(body)
    console.log([type, detail.operation ?? detail.state ?? '', detail.name ?? detail['instance-id'] ?? ''].join('|'))
    if (body.includes('poison')) failed.push({ itemIdentifier: messageId })
  }
  return { batchItemFailures: failed }
}`

interface Bench {
  readonly world: LiveWorld
  readonly lines: string[]
  readonly problems: string[]
  readonly ends: InvocationEnd[]
  deploy(template?: RawTemplate, source?: string): Promise<Stack>
  packaged(template: RawTemplate, source?: string): string
}

const cleanUp: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step()
})

/** Its function has the time that a busy machine needs. */
function patient(): RawTemplate {
  const template = fixtureTemplate()
  template.Resources.SyncDashworkLambdaFunction.Properties.Timeout = 30
  return template
}

function bench(): Bench {
  const world = liveWorld(createWorld({ account, region, tempo: { pendingMs: 5, stoppingMs: 5 } }))
  const lines: string[] = []
  const problems: string[] = []
  const ends: InvocationEnd[] = []
  const packaged = (template: RawTemplate, source = bundle) =>
    packageFixture(mkdtempSync(join(folder, 'package-')), template, { 'functions/sync-work/handler.mjs': source })
  const deploy = async (template: RawTemplate = patient(), source = bundle) => {
    const options: DeployOptions = {
      templateFile: packaged(template, source),
      world,
      endpointUrl: 'http://127.0.0.1:4566',
      secretOf: () => 'a-secret',
      onProblem: (problem) => problems.push(problem),
      onLog: ({ line }) => lines.push(line),
      onInvoke: (report) => report.phase === 'end' && ends.push(report),
    }
    const stack = await deployStack(options)
    cleanUp.push(() => stack.close())
    return stack
  }
  cleanUp.push(() => world.close())
  return { world, lines, problems, ends, deploy, packaged }
}

const queueArn = 'arn:aws:sqs:eu-central-1:123456789012:local-work'
const siteCreated = 'Parameter Store Change|Create|/app/sites/a.example'

describe('the first deployment', () => {
  test('is itself the first event: its parameter reaches the function', async () => {
    const { deploy, lines, problems, world } = bench()
    const stack = await deploy()
    await stack.idle()
    expect(lines).toEqual([siteCreated])
    expect(problems).toEqual([])
    expect(world.state.documents.get('Configure-1')?.content.mainSteps).toHaveLength(1)
    expect(world.state.parameters.get('/app/sites/a.example')).toMatchObject({
      value: '{"hostname":"a.example"}',
      version: 1,
    })
    expect(world.state.queues.get(queueArn)?.messages.size).toBe(0)
  })

  test.each([
    ['no rule', 'StateRule'],
    ['no queue policy', 'WorkQueuePolicy'],
  ])('loses the event of a parameter that names %s', async (_, missing) => {
    const { deploy, lines, world } = bench()
    const template = fixtureTemplate()
    const { SiteParameter, WorkQueuePolicy, SyncDashworkMapping } = template.Resources
    SiteParameter.DependsOn = SiteParameter.DependsOn.filter((id: string) => id !== missing)
    // Otherwise the policy, which names the rule, would bring it along.
    WorkQueuePolicy.Properties.PolicyDocument.Statement.Condition = {}
    SyncDashworkMapping.DependsOn = []
    const stack = await deploy(template)
    await stack.idle()
    expect(world.state.parameters.has('/app/sites/a.example')).toBe(true)
    expect(lines).toEqual([])
  })
})

describe('an event', () => {
  test('reaches the function from the world, once per match', async () => {
    const { deploy, lines, world } = bench()
    const stack = await deploy()
    const { id } = world.dispatch({ type: 'RunInstance', tags: {} })
    await new Promise<void>((resolve) =>
      world.subscribe(({ state }) => state.instances.get(id)?.state === 'running' && resolve()),
    )
    await stack.idle()
    expect(lines.filter((line) => line.startsWith('EC2')).sort()).toEqual(
      ['pending', 'running'].map((state) => `EC2 Instance State-change Notification|${state}|${id}`),
    )
  })

  test('that no pattern wants goes nowhere', async () => {
    const { deploy, lines } = bench()
    const template = fixtureTemplate()
    template.Resources.StateRule.Properties.EventPattern.source = ['aws.ec2']
    const stack = await deploy(template)
    await stack.idle()
    expect(lines).toEqual([])
  })

  test('that a disabled rule would want goes nowhere', async () => {
    const { deploy, lines, problems } = bench()
    const template = fixtureTemplate()
    template.Resources.StateRule.Properties.State = 'DISABLED'
    const stack = await deploy(template)
    await stack.idle()
    expect([...lines, ...problems]).toEqual([])
  })

  test('that the queue does not let in is reported as lost', async () => {
    const { deploy, lines, problems } = bench()
    const template = fixtureTemplate()
    template.Resources.WorkQueuePolicy.Properties.PolicyDocument.Statement.Condition = {
      ArnEquals: { 'aws:SourceArn': 'arn:aws:events:eu-central-1:123456789012:rule/other' },
    }
    template.Resources.SiteParameter.DependsOn.push('StateRule')
    const stack = await deploy(template)
    await stack.idle()
    expect(lines).toEqual([])
    expect(problems).toEqual([
      expect.stringMatching(
        /rule\/local-StateRule: Parameter Store Change .* could not be delivered: no policy of .*local-work lets events.amazonaws.com send for this rule; the event is lost \(no dead-letter queue\)/,
      ),
    ])
  })

  test('goes to the rule’s dead letters when these let it in', async () => {
    const { deploy, problems, world } = bench()
    const template = fixtureTemplate()
    const { WorkQueuePolicy, StateRule } = template.Resources
    StateRule.Properties.Targets[0].DeadLetterConfig = { Arn: { 'Fn::GetAtt': ['DeadQueue', 'Arn'] } }
    WorkQueuePolicy.Properties.Queues = [{ Ref: 'DeadQueue' }]
    WorkQueuePolicy.Properties.PolicyDocument.Statement.Resource = '*'
    await deploy(template)
    expect(problems).toEqual([expect.stringContaining('the event is in the dead-letter queue')])
    const [dead] = world.state.queues.get('arn:aws:sqs:eu-central-1:123456789012:dead')!.messages.values()
    expect(JSON.parse(dead!.body)).toMatchObject({ 'detail-type': 'Parameter Store Change' })
  })

  test('of a schedule is published on demand', async () => {
    const { deploy, lines } = bench()
    const stack = await deploy()
    expect(stack.schedules).toEqual([{ logicalId: 'TickRule', schedule: 'rate(15 minutes)' }])
    stack.triggerSchedule('TickRule')
    await stack.idle()
    expect(lines).toEqual([siteCreated, 'Scheduled Event||'])
    expect(() => stack.triggerSchedule('StateRule')).toThrow('StateRule has no schedule')
    expect(() => stack.triggerSchedule('Nothing')).toThrow(
      '"Nothing" is no rule of the template; there are StateRule, TickRule',
    )
  })
})

test('a message that the function reports as failed stays for later', async () => {
  const { deploy, world } = bench()
  const stack = await deploy()
  world.dispatch({ type: 'PutParameter', name: '/app/sites/poison', value: 'x' })
  await stack.idle()
  expect([...world.state.queues.get(queueArn)!.messages.values()]).toEqual([
    expect.objectContaining({ receiveCount: 1 }),
  ])
})

test('functions are invoked by key, name or ARN', async () => {
  const { deploy } = bench()
  const stack = await deploy(fixtureTemplate(), 'export const handler = async (event) => event')
  const config = stack.functions[0]!
  for (const name of ['sync-work', 'local-sync-work', config.arn])
    expect(await stack.invoke(name, { name })).toEqual({ name })
  expect(() => stack.invoke('other', {})).toThrow('"other" is no function of the template; there are sync-work')
})

describe('an update', () => {
  test('puts only parameters whose template entry changed', async () => {
    const { deploy, packaged, lines, world } = bench()
    const stack = await deploy()
    world.dispatch({ type: 'PutParameter', name: '/app/sites/a.example', value: 'by hand', overwrite: true })
    await stack.update(packaged(fixtureTemplate()))
    expect(world.state.parameters.get('/app/sites/a.example')).toMatchObject({ value: 'by hand', version: 2 })
    const template = fixtureTemplate()
    template.Resources.SiteParameter.Properties.Value = '{"hostname":"a.example","ttl":30}'
    await stack.update(packaged(template))
    expect(world.state.parameters.get('/app/sites/a.example')).toMatchObject({
      value: '{"hostname":"a.example","ttl":30}',
      version: 3,
    })
    await stack.idle()
    expect(lines.filter((line) => line.includes('Update'))).toHaveLength(2)
  })

  test('adds and removes parameters', async () => {
    const { deploy, packaged, world } = bench()
    const stack = await deploy()
    const template = fixtureTemplate()
    template.Resources.OtherParameter = structuredClone(template.Resources.SiteParameter)
    template.Resources.OtherParameter.Properties.Name = '/app/sites/b.example'
    delete template.Resources.SiteParameter
    await stack.update(packaged(template))
    expect([...world.state.parameters.keys()]).toEqual(['/app/sites/b.example'])
  })

  test('creates the new document before it deletes the old one', async () => {
    const { deploy, packaged, world } = bench()
    const stack = await deploy()
    const acts: string[] = []
    world.subscribe(({ action }) => 'name' in action && acts.push(`${action.type} ${action.name}`))
    const template = fixtureTemplate()
    template.Resources.Document.Properties.Name = 'Configure-2'
    await stack.update(packaged(template))
    expect(acts).toEqual(['CreateDocument Configure-2', 'DeleteDocument Configure-1'])
    expect(stack.functions[0]!.environment.DOCUMENT).toBe('Configure-2')
  })

  test('cannot change a named document in place', async () => {
    const { deploy, packaged } = bench()
    const stack = await deploy()
    const template = fixtureTemplate()
    template.Resources.Document.Properties.Content.mainSteps[0].name = 'other'
    await expect(stack.update(packaged(template))).rejects.toThrow(
      'Document: CloudFormation cannot change a named AWS::SSM::Document in place',
    )
  })

  test('replaces code, rules, policies and mappings', async () => {
    const { deploy, packaged, lines, world } = bench()
    const stack = await deploy()
    await stack.idle()
    const template = fixtureTemplate()
    template.Resources.SyncDashworkLambdaFunction.Properties.Code.S3Key =
      'serverless/app/dev/1790000000001/sync-work.zip'
    template.Resources.SyncDashworkMapping.Properties.BatchSize = 5
    template.Resources.StateRule.Properties.EventPattern = {
      source: ['aws.ssm'],
      detail: { name: [{ prefix: '/app/new/' }] },
    }
    template.Resources.SyncRole.Properties.Policies[0].PolicyDocument.Statement.pop()
    await stack.update(packaged(template, "export const handler = async () => console.log('new code')"))
    world.dispatch({ type: 'PutParameter', name: '/app/sites/c.example', value: 'x' })
    world.dispatch({ type: 'PutParameter', name: '/app/new/c.example', value: 'x' })
    await stack.idle()
    expect(lines).toEqual([siteCreated, 'new code'])
    const describeInstances = { accessKeyId: 'SyncRole', action: 'ec2:DescribeInstances', resources: [], context: {} }
    expect(stack.authorize(describeInstances)).toContain('is not authorized')
  })
})

describe('a deployment is refused, as Lambda would refuse it,', () => {
  test.each<[string, (resources: RawTemplate['Resources']) => void, string]>([
    [
      'when the role may not read the queue',
      ({ SyncRole }) => {
        SyncRole.Properties.Policies[0].PolicyDocument.Statement[0].Action = [
          'sqs:ReceiveMessage',
          'sqs:GetQueueAttributes',
        ]
      },
      'the execution role SyncRole does not have permissions to call sqs:DeleteMessage',
    ],
    [
      'when messages come back before the function can be done',
      ({ WorkQueue }) => {
        WorkQueue.Properties.VisibilityTimeout = 4
      },
      'queue visibility timeout: 4 seconds is less than function timeout: 5 seconds',
    ],
    [
      'when a large batch has no window',
      ({ SyncDashworkMapping }) => {
        SyncDashworkMapping.Properties.BatchSize = 100
      },
      'a BatchSize above 10 wants MaximumBatchingWindowInSeconds of at least 1',
    ],
    [
      'when the concurrency is below two',
      ({ SyncDashworkMapping }) => {
        SyncDashworkMapping.Properties.ScalingConfig.MaximumConcurrency = 1
      },
      'ScalingConfig.MaximumConcurrency: found 1, wanted 2 to 1000',
    ],
    [
      'when a pattern has an unknown operator',
      ({ StateRule }) => {
        StateRule.Properties.EventPattern.source = [{ prefixx: 'aws' }]
      },
      'StateRule.EventPattern.source[0]: {"prefixx":"aws"} is no operator known here',
    ],
    [
      'when a target is no queue',
      ({ StateRule }) => {
        StateRule.Properties.Targets[0].Arn = 'arn:aws:sns:eu-central-1:123456789012:t'
      },
      'StateRule.Targets[0].Arn: found arn:aws:sns:eu-central-1:123456789012:t, wanted a queue',
    ],
  ])('%s', async (_, change, message) => {
    const template = fixtureTemplate()
    change(template.Resources)
    await expect(bench().deploy(template)).rejects.toThrow(message)
  })
})

test('readStack tells who may do what before anything runs', () => {
  const { template, authorize } = readStack(bench().packaged(fixtureTemplate()), { account, region })
  expect(template.resources.size).toBe(12)
  expect(
    authorize({ accessKeyId: 'SyncRole', action: 'ec2:DescribeInstances', resources: [], context: {} }),
  ).toBeUndefined()
  expect(authorize({ accessKeyId: 'SyncRole', action: 'ec2:StopInstances', resources: [], context: {} })).toContain(
    'is not authorized',
  )
})
