// The server's side of Lambda's Runtime API for one execution environment.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'

/** What an invocation failed with, as Lambda tells it to the caller. */
export class FunctionError extends Error {
  readonly errorType: string
  readonly trace: readonly string[]
  constructor(errorType: string, message: string, trace: readonly string[] = []) {
    super(message)
    this.name = 'FunctionError'
    this.errorType = errorType
    this.trace = trace
  }
}

export interface Invocation {
  readonly requestId: string
  readonly payload: string
  /** The process has taken it: its time runs. */
  readonly onDelivered: () => void
  readonly resolve: (answer: string) => void
  readonly reject: (error: FunctionError) => void
}

export interface RuntimeApi {
  readonly server: Server
  /** The present invocation is new: hand it out as soon as the process asks. */
  offer(): void
}

interface Hooks {
  current(): Invocation | undefined
  onInitError(error: FunctionError): void
}

export function runtimeApi(options: { functionArn: string; timeoutMs: number }, hooks: Hooks): RuntimeApi {
  let asking: ServerResponse | undefined
  let offered: Invocation | undefined

  function handOut(): void {
    if (!asking || !offered) return
    const { requestId, payload, onDelivered } = offered
    onDelivered()
    asking.writeHead(200, {
      'Content-Type': 'application/json',
      'Lambda-Runtime-Aws-Request-Id': requestId,
      'Lambda-Runtime-Deadline-Ms': String(Date.now() + options.timeoutMs),
      'Lambda-Runtime-Invoked-Function-Arn': options.functionArn,
      'Lambda-Runtime-Trace-Id': `Root=1-${requestId.slice(0, 8)}-${requestId.replaceAll('-', '').slice(8, 32)};Sampled=0`,
    })
    asking.end(payload)
    asking = undefined
    offered = undefined
  }

  async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? '').replace('/2018-06-01/runtime/', '')
    if (request.method === 'GET' && path === 'invocation/next') {
      asking = response
      handOut()
      return
    }
    const body = await text(request)
    const current = hooks.current()
    if (path === 'init/error') hooks.onInitError(readError(body))
    else if (current && path === `invocation/${current.requestId}/response`) current.resolve(body)
    else if (current && path === `invocation/${current.requestId}/error`) current.reject(readError(body))
    else {
      response.writeHead(400).end(`{"errorType":"InvalidRequest","errorMessage":"${path}"}`)
      return
    }
    response.writeHead(202).end('{"status":"OK"}')
  }

  const server = createServer((request, response) => {
    // A connection that breaks means that the process ends: its exit says more.
    receive(request, response).catch(() => response.destroy())
  })
  // The process asks for its next invocation and then waits for as long as there is none.
  server.requestTimeout = 0
  server.keepAliveTimeout = 0
  return {
    server,
    offer: () => {
      offered = hooks.current()
      handOut()
    },
  }
}

function readError(body: string): FunctionError {
  const { errorType, errorMessage, trace } = JSON.parse(body) as {
    errorType: string
    errorMessage: string
    trace: string[]
  }
  return new FunctionError(errorType, errorMessage, trace)
}

async function text(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}
