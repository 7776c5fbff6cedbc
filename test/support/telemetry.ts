// What a handler says, remembered; and what a whole Lambda writes to its output.
import { jest } from '@jest/globals'
import type { Context } from 'aws-lambda'
import type { Telemetry } from '../../functions/lib/steps/telemetry.ts'

export interface Said extends Telemetry {
  /** `<level> <message>` */
  readonly lines: string[]
  readonly counts: Record<string, number>
}

export function remembering(): Said {
  const [lines, counts] = [[] as string[], {} as Record<string, number>]
  const says = (level: string) => (message: string) => void lines.push(`${level} ${message}`)
  return {
    lines,
    counts,
    info: says('info'),
    warn: says('warn'),
    error: says('error'),
    count: (metric, value = 1) => {
      counts[metric] = (counts[metric] ?? 0) + value
    },
    measure: (metric, ms) => {
      counts[metric] = ms
    },
  }
}

export interface Written {
  /** Lines of the logger, parsed. */
  readonly logs: Record<string, unknown>[]
  /** Lines in CloudWatch's embedded metric format, parsed. */
  readonly metrics: Record<string, unknown>[]
  readonly result: unknown
  readonly error: unknown
}

/** As Lambda shows itself to a function. */
const context = {
  functionName: 'ragstream-edge-test',
  functionVersion: '$LATEST',
  invokedFunctionArn: 'arn:aws:lambda:eu-central-1:123456789012:function:ragstream-edge-test',
  memoryLimitInMB: '256',
  awsRequestId: 'c6af9ac6-7b61-11e6-9a41-93e8deadbeef',
  getRemainingTimeInMillis: () => 60_000,
} as unknown as Context

export async function invoke(handler: (event: never, context: Context) => unknown, event: unknown): Promise<Written> {
  const output: string[] = []
  const keep = (chunk: unknown): boolean => output.push(String(chunk)) > 0
  const spies = [process.stdout, process.stderr].map((stream) => jest.spyOn(stream, 'write').mockImplementation(keep))
  const settled = await Promise.allSettled([(async () => handler(event as never, context))()])
  for (const spy of spies) spy.mockRestore()
  const lines = output
    .join('')
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line): Record<string, unknown> => JSON.parse(line))
  const [outcome] = settled
  return {
    logs: lines.filter((line) => !('_aws' in line)),
    metrics: lines.filter((line) => '_aws' in line),
    result: outcome.status === 'fulfilled' ? outcome.value : undefined,
    error: outcome.status === 'rejected' ? outcome.reason : undefined,
  }
}
