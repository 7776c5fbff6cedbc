// Command documents over the wire.
import { unknownDocument } from '../../world/documents.ts'
import type { SsmDocument, World } from '../../world/types.ts'
import type { Access, Operation, Scene } from '../service.ts'

interface Named {
  readonly Name: string
}

export function documentArn(state: World, name: string): string {
  return `arn:aws:ssm:${state.region}:${state.account}:document/${name}`
}

function onDocument(operation: string): (input: Named, scene: Scene) => Access[] {
  return ({ Name }, { state }) => [{ action: `ssm:${operation}`, resources: [documentArn(state, Name)] }]
}

function find(state: World, name: string): SsmDocument {
  const document = state.documents.get(name)
  if (document === undefined) throw unknownDocument(name)
  return document
}

const common = { DocumentVersion: '1', Status: 'Active', DocumentType: 'Command', DocumentFormat: 'JSON' }

const get: Operation<Named> = {
  access: onDocument('GetDocument'),
  run({ Name }, { state }) {
    const { name, content } = find(state, Name)
    return { ...common, Name: name, Content: JSON.stringify(content) }
  },
}

const describe: Operation<Named> = {
  access: onDocument('DescribeDocument'),
  run({ Name }, { state }) {
    const { name, content } = find(state, Name)
    const Parameters = Object.entries(content.parameters ?? {}).map(([parameter, declared]) => ({
      Name: parameter,
      Type: declared.type,
      Description: declared.description ?? '',
      ...(declared.default === undefined ? {} : { DefaultValue: declared.default }),
    }))
    const more = { Description: content.description ?? '', SchemaVersion: content.schemaVersion, Parameters }
    return {
      Document: { ...common, ...more, Name: name, DefaultVersion: '1', LatestVersion: '1', Owner: state.account },
    }
  },
}

export const documents = { GetDocument: get, DescribeDocument: describe }
