// Of CloudFormation what the deployed stack's resources are called: all of them, for the values of the functions' environment (`sls invoke local`), or
// one, for a person. A stack is deployed here without it.
import { ServiceError } from '../../world/types.ts'
import { readForm } from '../query.ts'
import type { Input, Operation, Scene, Service } from '../service.ts'
import { writeXml } from '../xml.ts'

const list: Operation<{ readonly StackName?: string }> = {
  access: () => [{ action: 'cloudformation:ListStackResources', resources: ['*'] }],
  run: ({ StackName = '' }, scene) => ({ StackResourceSummaries: { member: shown(StackName, scene) } }),
}

interface One {
  readonly StackName?: string
  readonly LogicalResourceId?: string
}

const one: Operation<One> = {
  access: () => [{ action: 'cloudformation:DescribeStackResource', resources: ['*'] }],
  run({ StackName = '', LogicalResourceId = '' }, scene) {
    const found = shown(StackName, scene).find((resource) => resource.LogicalResourceId === LogicalResourceId)
    if (!found)
      throw new ServiceError('ValidationError', `Resource ${LogicalResourceId} does not exist for stack ${StackName}`)
    return { StackResourceDetail: { StackName, ...found } }
  },
}

function shown(stack: string, { functions, state }: Scene) {
  const resources = functions.resources()
  if (resources.length === 0) throw new ServiceError('ValidationError', `Stack with id ${stack} does not exist`)
  const LastUpdatedTimestamp = new Date(state.serial).toISOString()
  return resources.map(({ logicalId, type, ref }) => ({
    ...{ LogicalResourceId: logicalId, PhysicalResourceId: ref, ResourceType: type },
    ...{ ResourceStatus: 'CREATE_COMPLETE', LastUpdatedTimestamp },
  }))
}

const namespace = 'http://cloudformation.amazonaws.com/doc/2010-05-15/'
const headers = { 'content-type': 'text/xml' }

export const service: Service = {
  signingName: 'cloudformation',
  operations: { ListStackResources: list, DescribeStackResource: one },
  denied: { code: 'AccessDenied', status: 403 },
  throttled: { code: 'Throttling', status: 400 },
  read(request) {
    const { Action: operation, Version: _version, ...input } = readForm(request.body)
    return { operation: String(operation), input: input as Input }
  },
  write(operation, output, requestId) {
    const content = { [`${operation}Result`]: output as object, ResponseMetadata: { RequestId: requestId } }
    return { status: 200, headers, body: writeXml(`${operation}Response`, namespace, content) }
  },
  writeError({ code, message, status }, requestId) {
    const content = { Error: { Type: 'Sender', Code: code, Message: message }, RequestId: requestId }
    return { status, headers, body: writeXml('ErrorResponse', namespace, content) }
  },
}
