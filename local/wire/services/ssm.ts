// Systems Manager in JSON 1.1.
import { readJson, writeJson } from '../json.ts'
import type { Service } from '../service.ts'
import { commands } from '../ssm/commands.ts'
import { documents } from '../ssm/documents.ts'
import { parameters } from '../ssm/parameters.ts'

export const service: Service = {
  signingName: 'ssm',
  operations: { ...parameters, ...documents, ...commands },
  denied: { code: 'AccessDeniedException', status: 400 },
  throttled: { code: 'ThrottlingException', status: 400 },
  read: (request) => readJson(request, 'AmazonSSM'),
  write: (_operation, output, requestId) => writeJson('1.1', 200, output, requestId),
  writeError: ({ code, message, status }, requestId) => writeJson('1.1', status, { __type: code, message }, requestId),
}
