// Lambda's runtime for Node.js, as far as a bundle can tell: loads the handler, asks the Runtime API for the next
// invocation, hands back what came of it. Runs in a process of its own with nothing of the local cloud loaded.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html

import { existsSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'

// Not `import`: that would load all of node:http's lazy parts and with them 30 ms of start-up.
const http = process.getBuiltinModule('node:http')
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
const [hostname, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(':')

function call(method, path, body) {
  const { promise, resolve, reject } = Promise.withResolvers()
  const request = http.request({ agent, hostname, port, method, path: `/2018-06-01/runtime/${path}` }, (response) => {
    const chunks = []
    response.on('data', (chunk) => chunks.push(chunk))
    response.on('error', reject)
    response.on('end', () => resolve({ headers: response.headers, body: Buffer.concat(chunks).toString() }))
  })
  request.on('error', reject)
  request.end(body)
  return promise
}

/** `path/file.export`: the file is .js, .mjs or .cjs, the export may be nested. */
async function loadHandler(definition) {
  const [, name, exported] = /^([^.]*)\.(.*)$/.exec(basename(definition)) ?? []
  if (!name) throw named('Runtime.MalformedHandlerName', `Bad handler ${definition}: wanted file.export`)
  const base = join(process.env.LAMBDA_TASK_ROOT, dirname(definition), name)
  const file = ['.js', '.mjs', '.cjs'].map((extension) => base + extension).find(existsSync)
  if (!file) throw named('Runtime.ImportModuleError', `Cannot find module '${base}' (.js, .mjs or .cjs)`)
  const loaded = await import(pathToFileURL(file).href)
  const pick = (from) => exported.split('.').reduce((value, key) => value?.[key], from)
  const handler = pick(loaded) ?? pick(loaded.default)
  if (typeof handler !== 'function') {
    throw named('Runtime.HandlerNotFound', `${definition} is undefined or not a function`)
  }
  if (handler.length > 2) {
    // Since Node.js 24: https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html
    throw named('Runtime.CallbackHandlerDeprecated', `${definition} takes a callback: wanted (event, context), async`)
  }
  return handler
}

function named(name, message) {
  return Object.assign(new Error(message), { name })
}

function report(error) {
  const isError = error instanceof Error
  return JSON.stringify({
    errorType: isError ? error.name : typeof error,
    errorMessage: isError ? error.message : String(error),
    trace: isError ? (error.stack ?? '').split('\n') : [],
  })
}

function contextOf(headers) {
  const { env } = process
  const deadline = Number(headers['lambda-runtime-deadline-ms'])
  return {
    awsRequestId: headers['lambda-runtime-aws-request-id'],
    invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
    functionName: env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: env.AWS_LAMBDA_FUNCTION_VERSION,
    memoryLimitInMB: env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: env.AWS_LAMBDA_LOG_STREAM_NAME,
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
  }
}

let current = ''

async function crash(error) {
  const path = current ? `invocation/${current}/error` : 'init/error'
  await call('POST', path, report(error)).catch(() => {})
  process.exit(1)
}

async function serve(handler) {
  for (;;) {
    const { headers, body } = await call('GET', 'invocation/next')
    current = headers['lambda-runtime-aws-request-id']
    process.env._X_AMZN_TRACE_ID = headers['lambda-runtime-trace-id'] ?? ''
    const outcome = await Promise.try(handler, JSON.parse(body), contextOf(headers)).then(
      (value) => ({ path: 'response', body: JSON.stringify(value) ?? 'null' }),
      (error) => ({ path: 'error', body: report(error) }),
    )
    const path = `invocation/${current}/${outcome.path}`
    current = ''
    await call('POST', path, outcome.body)
  }
}

process.on('uncaughtException', crash)
process.on('unhandledRejection', crash)
// The local cloud holds the other end: when it dies, whatever way, so does this process.
process.stdin.on('end', () => process.exit(1)).resume()
process.stdin.unref?.()

loadHandler(process.env._HANDLER).then(serve).catch(crash)
