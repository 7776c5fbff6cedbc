// CloudWatch Logs in JSON 1.1: what the functions logged, to be listed and searched.
import { ServiceError } from '../../world/types.ts'
import { readJson, writeJson } from '../json.ts'
import { pageOf, pageSize } from '../pages.ts'
import type { FunctionLog, Operation, Scene, Service } from '../service.ts'

const GROUP = '/aws/lambda/'

const groupOf = ({ function: name }: FunctionLog): string => `${GROUP}${name}`

const arnOf = ({ state: { account, region } }: Scene, name: string): string =>
  `arn:aws:logs:${region}:${account}:log-group:${name}:*`

const describe: Operation<{ readonly logGroupNamePrefix?: string }> = {
  access: (_, scene) => [{ action: 'logs:DescribeLogGroups', resources: [arnOf(scene, '*')] }],
  run({ logGroupNamePrefix = '' }, { functions }) {
    const names = [...new Set(functions.logs().map(groupOf))].filter((name) => name.startsWith(logGroupNamePrefix))
    return { logGroups: names.sort().map((logGroupName) => ({ logGroupName })) }
  },
}

interface Filter {
  readonly logGroupName: string
  readonly startTime?: number
  /** Of the patterns one: a text between quotes that a line must hold. */
  readonly filterPattern?: string
  readonly limit?: number
  readonly nextToken?: string
}

const filter: Operation<Filter> = {
  access: ({ logGroupName }, scene) => [{ action: 'logs:FilterLogEvents', resources: [arnOf(scene, logGroupName)] }],
  run({ logGroupName, startTime = 0, filterPattern = '', limit, nextToken }, { functions }) {
    const [, text] = /^"(.*)"$/s.exec(filterPattern) ?? [undefined, '']
    if (filterPattern !== '' && text === '')
      throw new ServiceError(
        'InvalidParameterException',
        `The local cloud knows no pattern but "text": ${filterPattern}`,
      )
    const found = functions
      .logs()
      .filter((one) => groupOf(one) === logGroupName && one.at >= startTime && one.line.includes(text ?? ''))
    const size = pageSize(limit, 1, 10_000, 10_000, 'InvalidParameterException')
    const { items, nextToken: next } = pageOf(found, size, nextToken, 'InvalidParameterException')
    const events = items.map(({ at, line }, index) => ({ eventId: `${at}-${index}`, timestamp: at, message: line }))
    return { events, searchedLogStreams: [], nextToken: next }
  },
}

export const service: Service = {
  signingName: 'logs',
  operations: { DescribeLogGroups: describe, FilterLogEvents: filter },
  denied: { code: 'AccessDeniedException', status: 400 },
  throttled: { code: 'ThrottlingException', status: 400 },
  read: (request) => readJson(request, 'Logs_20140328'),
  write: (_operation, output, requestId) => writeJson('1.1', 200, output, requestId),
  writeError: ({ code, message, status }, requestId) => writeJson('1.1', status, { __type: code, message }, requestId),
}
