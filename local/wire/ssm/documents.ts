// Command documents over the wire.
import { unknownDocument } from '../../world/documents.ts'
import { ServiceError, type SsmDocument, type World } from '../../world/types.ts'
import { pageOf, pageSize } from '../pages.ts'
import type { Access, Operation, Scene } from '../service.ts'

interface Named {
  readonly Name: string
}

export function documentArn(state: World, name: string): string {
  // AWS's own belong to no account.
  return `arn:aws:ssm:${state.region}:${name.startsWith('AWS-') ? '' : state.account}:document/${name}`
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

interface List {
  readonly Filters?: readonly { readonly Key: string; readonly Values?: readonly string[] }[]
  readonly MaxResults?: number
  readonly NextToken?: string
}

/** Of the filters only the beginning of a name is known here. */
const list: Operation<List> = {
  access: () => [{ action: 'ssm:ListDocuments', resources: ['*'] }],
  run({ Filters = [], MaxResults, NextToken }, { state }) {
    const [filter, ...more] = Filters
    if (filter?.Key !== 'Name' || more.length > 0)
      throw new ServiceError(
        'InvalidFilterKey',
        `The local cloud knows one filter, Name: found ${JSON.stringify(Filters)}`,
      )
    const begins = ({ name }: SsmDocument) => (filter.Values ?? []).some((word) => name.startsWith(word))
    const size = pageSize(MaxResults, 1, 50, 10, 'ValidationException')
    const { items, nextToken } = pageOf(
      [...state.documents.values()].filter(begins),
      size,
      NextToken,
      'InvalidNextToken',
    )
    const shown = items.map(({ name }) => ({ ...common, Name: name, Owner: state.account }))
    return { DocumentIdentifiers: shown, NextToken: nextToken }
  },
}

export const documents = { ListDocuments: list, GetDocument: get, DescribeDocument: describe }
