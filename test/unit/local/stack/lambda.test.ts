import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { functionConfig } from '../../../../local/stack/function-config.ts'
import {
  createFunction,
  type InvocationEnd,
  type LambdaFunction,
  type LogLine,
} from '../../../../local/stack/lambda.ts'
import { readTemplate } from '../../../../local/stack/template.ts'
import { holdTimers } from '../../../support/held-timers.ts'
import { death, heardDeath, isAlive } from '../../../support/processes.ts'
import { account, fixtureTemplate, packageFixture, type RawTemplate, region } from './fixture.ts'

const folder = mkdtempSync(join(tmpdir(), 'stack-lambda-'))
const opened: LambdaFunction[] = []
afterEach(async () => {
  await Promise.all(opened.splice(0).map((one) => one.close()))
})
afterAll(() => rmSync(folder, { recursive: true }))

/** The function of the fixture with this source as its handler. */
function open(
  source: string,
  change: (properties: RawTemplate[string]) => void = () => {},
  file = 'handler.mjs',
  argvPrefix: string[] = [],
) {
  const raw = fixtureTemplate()
  change(raw.Resources.SyncDashworkLambdaFunction.Properties)
  const templateFile = packageFixture(folder, raw, { [`functions/sync-work/${file}`]: source })
  const template = readTemplate(raw, { account, region })
  const resource = template.resources.get('SyncDashworkLambdaFunction')!
  const lines: LogLine[] = []
  const { promise: printed, resolve: print } = Promise.withResolvers<LogLine>()
  const ends: InvocationEnd[] = []
  const lambda = createFunction(functionConfig(resource, template, templateFile), {
    region,
    argvPrefix,
    endpointUrl: 'http://127.0.0.1:4566',
    secretOf: (accessKeyId) => `secret of ${accessKeyId}`,
    workFolder: join(folder, 'unpacked'),
    onLog: (line) => {
      lines.push(line)
      print(line)
    },
    onInvoke: (report) => report.phase === 'end' && ends.push(report),
  })
  opened.push(lambda)
  return { lambda, lines, printed, ends }
}

const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => 'succeeded',
    (error) => error,
  )

test('a bundle gets its event and a context, and its answer comes back', async () => {
  const { lambda, ends } = open(`export const handler = async (event, context) => ({
    event, id: context.awsRequestId, arn: context.invokedFunctionArn, name: context.functionName,
    memory: context.memoryLimitInMB, group: context.logGroupName, remaining: context.getRemainingTimeInMillis() })`)
  const answer = (await lambda.invoke({ hello: 'world' })) as Record<string, unknown>
  expect(answer).toEqual({
    event: { hello: 'world' },
    id: ends[0]!.requestId,
    arn: 'arn:aws:lambda:eu-central-1:123456789012:function:local-sync-work',
    name: 'local-sync-work',
    memory: '256',
    group: '/aws/lambda/local-sync-work',
    remaining: expect.any(Number),
  })
  expect(answer.remaining).toBeGreaterThan(0)
  expect(answer.remaining).toBeLessThanOrEqual(5000)
})

test('its environment is the template’s and Lambda’s, nothing of the caller’s but PATH', async () => {
  process.env.SECRET_OF_THE_CALLER = 'x'
  const { lambda } = open('export const handler = async () => ({ ...process.env })')
  const variables = (await lambda.invoke(null)) as Record<string, string>
  expect(variables).toMatchObject({
    PARAMETER_PREFIX: '/app/sites',
    DOCUMENT: 'Configure-1',
    AWS_ENDPOINT_URL: 'http://127.0.0.1:4566',
    AWS_ACCESS_KEY_ID: 'SyncRole',
    AWS_REGION: region,
    AWS_EXECUTION_ENV: expect.stringMatching(/^AWS_Lambda_nodejs\d+\.x$/),
    _HANDLER: 'functions/sync-work/handler.handler',
  })
  const strange = Object.keys(variables).filter(
    (name) => !/^(AWS_|LAMBDA_|_HANDLER$|_X_AMZN_TRACE_ID$|PATH$|LANG$|TZ$)/.test(name),
  )
  expect(strange.sort()).toEqual(['DOCUMENT', 'PARAMETER_PREFIX', 'QUEUE_URL'])
})

test('an environment is used again, and another one started only when needed', async () => {
  const { lambda } = open(`let count = 0
    export const handler = async (wait) => {
      await new Promise((resolve) => setTimeout(resolve, wait))
      return { pid: process.pid, count: ++count }
    }`)
  const first = (await lambda.invoke(0)) as { pid: number }
  expect(await lambda.invoke(0)).toEqual({ pid: first.pid, count: 2 })
  const [one, other] = (await Promise.all([lambda.invoke(100), lambda.invoke(100)])) as { pid: number }[]
  expect([one!.pid, other!.pid].filter((pid) => pid === first.pid)).toHaveLength(1)
})

test('one whose process was killed while it rested is not used again', async () => {
  const { lambda } = open('export const handler = async () => process.pid')
  const pid = Number(await lambda.invoke({}))
  process.kill(pid, 'SIGKILL')
  await heardDeath(pid)
  const next = Number(await lambda.invoke({}))
  expect([isAlive(next), next === pid]).toEqual([true, false])
})

test('lines that it prints carry the request', async () => {
  const { lambda, lines, ends } = open(`console.log('loading')
    export const handler = async (event) => { console.log('one\\ntwo'); console.error('three') }`)
  await lambda.invoke(null)
  const requestId = ends[0]!.requestId
  expect(lines.map(({ line }) => line).sort()).toEqual(['loading', 'one', 'three', 'two'])
  expect(lines.filter(({ line }) => line !== 'loading').map((line) => line.requestId)).toEqual([
    requestId,
    requestId,
    requestId,
  ])
})

describe('fails with', () => {
  test('what the handler threw, and lives on', async () => {
    const { lambda } = open(`class Throttled extends Error { name = 'Throttled' }
      export const handler = async (event) => { if (event) throw new Throttled('slow down'); return process.pid }`)
    const pid = await lambda.invoke(null)
    const error = await failure(lambda.invoke(1))
    expect(error).toMatchObject({ errorType: 'Throttled', message: 'slow down' })
    expect(error.trace[0]).toBe('Throttled: slow down')
    expect(await lambda.invoke(null)).toBe(pid)
  })

  test('its time limit: the process is killed and the next invocation gets a new one', async () => {
    const source =
      "export const handler = async (event) => { if (event) { console.log('busy'); for (;;); } return process.pid }"
    const { lambda, printed } = open(source, (properties) => {
      properties.Timeout = 1
    })
    const timers = holdTimers()
    try {
      const pid = (await lambda.invoke(null)) as number
      const over = failure(lambda.invoke(1))
      await printed
      await timers.pass(1000)
      expect((await over).message).toMatch(/^RequestId: [\w-]+ Error: Task timed out after 1.00 seconds$/)
      expect(await lambda.invoke(null)).not.toBe(pid)
      await death(pid)
    } finally {
      timers.release()
    }
  })

  test('loading that does not end: beyond ten seconds the time of the function counts', async () => {
    const source = 'console.log(process.pid); await new Promise(() => setInterval(() => {}, 1000))'
    const { lambda, printed } = open(source, (properties) => {
      properties.Timeout = 1
    })
    const timers = holdTimers()
    try {
      const over = failure(lambda.invoke(null))
      const pid = Number((await printed).line)
      await timers.pass(10_900)
      expect(isAlive(pid)).toBe(true)
      await timers.pass(100)
      expect((await over).message).toMatch(/Task timed out after 1.00 seconds$/)
      await death(pid)
    } finally {
      timers.release()
    }
  })

  test('the exit of the process', async () => {
    const { lambda } = open('export const handler = async () => process.exit(3)')
    expect(await failure(lambda.invoke(null))).toMatchObject({
      errorType: 'Runtime.ExitError',
      message: 'Runtime exited with error: exit status 3',
    })
  })

  test('an error outside the handler', async () => {
    const { lambda } = open(
      "export const handler = () => new Promise(() => setTimeout(() => { throw new Error('loose') }))",
    )
    expect(await failure(lambda.invoke(null))).toMatchObject({ errorType: 'Error', message: 'loose' })
  })

  test.each([
    ['a bundle that throws while it is loaded', "throw new TypeError('broken')", 'TypeError', 'broken'],
    [
      'an export that is not there',
      'export const other = 1',
      'Runtime.HandlerNotFound',
      'is undefined or not a function',
    ],
    [
      'a callback handler',
      'export const handler = (event, context, callback) => callback()',
      'Runtime.CallbackHandlerDeprecated',
      'takes a callback',
    ],
  ])('%s', async (_, source, errorType, message) => {
    const { lambda } = open(source)
    expect(await failure(lambda.invoke(null))).toMatchObject({ errorType, message: expect.stringContaining(message) })
  })
})

test('CommonJS bundles are loaded, and nested exports', async () => {
  const change = (properties: RawTemplate[string]) => {
    properties.Handler = 'functions/sync-work/index.api.handler'
  }
  const { lambda } = open("exports.api = { handler: async () => 'common' }", change, 'index.cjs')
  expect(await lambda.invoke(null)).toBe('common')
})

test('close ends the processes, also busy ones', async () => {
  const { lambda, printed } = open(
    'export const handler = async () => { console.log(process.pid); setInterval(() => {}, 1000); await new Promise(() => {}) }',
  )
  const outcome = failure(lambda.invoke(null))
  const { line } = await printed
  await lambda.close()
  expect(await outcome).toMatchObject({ errorType: 'Runtime.Closed' })
  expect(isAlive(Number(line))).toBe(false)
})

test('when the local cloud is killed, its processes end by themselves', async () => {
  const { lambda } = open(
    'export const handler = async () => { console.log(process.pid); setInterval(() => {}, 1000); await new Promise(() => {}) }',
  )
  const parent = `
    import { createFunction } from ${JSON.stringify(new URL('../../../../local/stack/lambda.ts', import.meta.url).href)}
    const lambda = createFunction(${JSON.stringify(lambda.config)}, {
      region: 'eu-central-1', endpointUrl: 'http://127.0.0.1:4566', secretOf: () => 'x', workFolder: ${JSON.stringify(join(folder, 'killed'))},
      onLog: ({ line }) => console.log(line),
    })
    lambda.invoke(null)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', parent], {
    env: {},
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  child.kill('SIGKILL')
  await death(Number(line))
})

test('the prefix starts the process', async () => {
  const { lambda } = open('export const handler = async () => process.env.PREFIXED', () => {}, 'handler.mjs', [
    'env',
    'PREFIXED=yes',
  ])
  expect(await lambda.invoke(null)).toBe('yes')
})

describe('a configuration is refused', () => {
  test.each<[string, (properties: RawTemplate[string]) => void, string]>([
    [
      'a reserved variable',
      (p) => {
        p.Environment.Variables.AWS_REGION = 'x'
      },
      'SyncDashworkLambdaFunction.Environment.Variables.AWS_REGION: is reserved by Lambda',
    ],
    [
      'variables beyond 4 KB',
      (p) => {
        p.Environment.Variables.BIG = 'x'.repeat(4096)
      },
      'at most 4096 are allowed',
    ],
    [
      'a role that is not there',
      (p) => {
        p.Role = 'arn:aws:iam::123456789012:role/other'
      },
      'is no role of the template',
    ],
    [
      'no code',
      (p) => {
        p.Code = {}
      },
      'SyncDashworkLambdaFunction.Code: found {}, wanted S3Bucket and S3Key',
    ],
  ])('%s', (_, change, message) => {
    expect(() => open('', change)).toThrow(message)
  })

  test('a role that Lambda may not assume', () => {
    const raw = fixtureTemplate()
    raw.Resources.SyncRole.Properties.AssumeRolePolicyDocument.Statement[0].Principal.Service = ['ec2.amazonaws.com']
    const template = readTemplate(raw, { account, region })
    expect(() => functionConfig(template.resources.get('SyncDashworkLambdaFunction')!, template, folder)).toThrow(
      'the role defined for the function cannot be assumed by Lambda (SyncRole)',
    )
  })
})
