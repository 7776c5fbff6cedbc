// Parameter Store over the wire.
import { parameterArn } from '../../world/parameters.ts'
import { parametersByPath } from '../../world/queries.ts'
import { type Parameter, ServiceError, type World } from '../../world/types.ts'
import { seconds } from '../json.ts'
import { pageOf, pageSize } from '../pages.ts'
import type { Access, Operation, Scene } from '../service.ts'

interface Named {
  readonly Name: string
  readonly WithDecryption?: boolean
}

interface ByPath {
  readonly Path: string
  readonly Recursive?: boolean
  readonly WithDecryption?: boolean
  readonly MaxResults?: number
  readonly NextToken?: string
}

interface Put {
  readonly Name: string
  readonly Value: string
  readonly Type?: Parameter['type']
  readonly KeyId?: string
  readonly Overwrite?: boolean
  readonly Tier?: 'Standard' | 'Advanced'
}

function onNames(operation: string, names: readonly string[], { state }: Scene): Access[] {
  return names.map((name) => ({ action: `ssm:${operation}`, resources: [parameterArn(state, name)] }))
}

function shown(state: World, parameter: Omit<Parameter, 'earlier'>, decrypt = false) {
  const sealed = parameter.type === 'SecureString' && !decrypt
  return {
    Name: parameter.name,
    Type: parameter.type,
    // A SecureString that is not decrypted comes back as KMS ciphertext: never as the plain value.
    Value: sealed ? Buffer.from(`sealed:${parameter.value}`).toString('base64') : parameter.value,
    Version: parameter.version,
    LastModifiedDate: seconds(parameter.lastModified),
    ARN: parameterArn(state, parameter.name),
    DataType: 'text',
  }
}

const getOne: Operation<Named> = {
  access: ({ Name }, scene) => onNames('GetParameter', [Name], scene),
  run({ Name, WithDecryption }, { state }) {
    const parameter = state.parameters.get(Name)
    if (parameter === undefined) throw new ServiceError('ParameterNotFound', `Parameter ${Name} not found.`)
    return { Parameter: shown(state, parameter, WithDecryption) }
  },
}

function atMostTen(names: readonly string[]): readonly string[] {
  if (names.length <= 10) return names
  const sentence = `1 validation error detected: Value at 'names' has ${names.length} members`
  throw new ServiceError('ValidationException', `${sentence}: Member must have length less than or equal to 10`)
}

const getSeveral: Operation<{ readonly Names: readonly string[]; readonly WithDecryption?: boolean }> = {
  access: ({ Names }, scene) => onNames('GetParameters', Names, scene),
  run({ Names, WithDecryption }, { state }) {
    const known = atMostTen(Names).filter((name) => state.parameters.has(name))
    return {
      Parameters: known.map((name) => shown(state, state.parameters.get(name)!, WithDecryption)),
      InvalidParameters: Names.filter((name) => !state.parameters.has(name)),
    }
  },
}

const byPath: Operation<ByPath> = {
  access({ Path, Recursive }, { state }) {
    const resources = [parameterArn(state, Path.replace(/\/$/, ''))]
    return [{ action: 'ssm:GetParametersByPath', resources, context: { 'ssm:Recursive': String(Recursive === true) } }]
  },
  run({ Path, Recursive, WithDecryption, MaxResults, NextToken }, { state }) {
    if (!Path.startsWith('/')) {
      const sentence = `The parameter doesn't meet the parameter name requirements: the path "${Path}" must begin with "/"`
      throw new ServiceError('ValidationException', sentence)
    }
    const all = parametersByPath(state, Path, Recursive === true)
    const size = pageSize(MaxResults, 1, 10, 10, 'ValidationException')
    const { items, nextToken } = pageOf(all, size, NextToken, 'InvalidNextToken')
    return { Parameters: items.map((parameter) => shown(state, parameter, WithDecryption)), NextToken: nextToken }
  },
}

interface Describe {
  readonly ParameterFilters?: readonly {
    readonly Key: string
    readonly Option?: string
    readonly Values?: readonly string[]
  }[]
  readonly MaxResults?: number
  readonly NextToken?: string
}

/** Of the filters only a path and a whole name are known here. Never a value, whatever the type. */
const describe: Operation<Describe> = {
  access: () => [{ action: 'ssm:DescribeParameters', resources: ['*'] }],
  run({ ParameterFilters = [], MaxResults, NextToken }, { state }) {
    const [filter, ...more] = ParameterFilters
    const [wanted = '', ...others] = filter?.Values ?? []
    const byName = filter?.Key === 'Name' && (filter.Option ?? 'Equals') === 'Equals'
    if (!(byName || (filter?.Key === 'Path' && wanted.startsWith('/'))) || others.length > 0 || more.length > 0)
      throw new ServiceError(
        'InvalidFilterKey',
        `The local cloud knows one filter, Path or Name: found ${JSON.stringify(ParameterFilters)}`,
      )
    const named = state.parameters.get(wanted)
    const all = byName ? (named ? [named] : []) : parametersByPath(state, wanted, filter.Option === 'Recursive')
    const { items, nextToken } = pageOf(
      all,
      pageSize(MaxResults, 1, 50, 10, 'ValidationException'),
      NextToken,
      'InvalidNextToken',
    )
    const described = items.map((parameter) => {
      const { Value: _, ...metadata } = shown(state, parameter)
      return { ...metadata, KeyId: parameter.keyId, Tier: 'Standard' }
    })
    return { Parameters: described, NextToken: nextToken }
  },
}

interface History extends Named {
  readonly MaxResults?: number
  readonly NextToken?: string
}

/** The oldest version first. */
const history: Operation<History> = {
  access: ({ Name }, scene) => onNames('GetParameterHistory', [Name], scene),
  run({ Name, WithDecryption, MaxResults, NextToken }, { state }) {
    const parameter = state.parameters.get(Name)
    if (parameter === undefined) throw new ServiceError('ParameterNotFound', `Parameter ${Name} not found.`)
    const size = pageSize(MaxResults, 1, 50, 50, 'ValidationException')
    const versions = [...parameter.earlier, parameter]
    const { items, nextToken } = pageOf(versions, size, NextToken, 'InvalidNextToken')
    const told = items.map((version) => ({
      ...shown(state, version, WithDecryption),
      KeyId: version.keyId,
      LastModifiedUser: version.by,
    }))
    return { Parameters: told, NextToken: nextToken }
  },
}

const put: Operation<Put> = {
  access: ({ Name }, scene) => onNames('PutParameter', [Name], scene),
  run({ Name, Value, Type, KeyId, Overwrite, Tier = 'Standard' }, { world, state, accessKeyId }) {
    if (Type === undefined && !state.parameters.has(Name)) {
      throw new ServiceError('ValidationException', 'A parameter type is required when you create a parameter.')
    }
    const type = Type === undefined ? {} : { parameterType: Type }
    const key = KeyId === undefined ? {} : { keyId: KeyId }
    const overwrite = Overwrite === true
    const by = `arn:aws:iam::${state.account}:user/${accessKeyId}`
    const { version } = world.dispatch({
      type: 'PutParameter',
      name: Name,
      value: Value,
      overwrite,
      by,
      tier: Tier,
      ...type,
      ...key,
    })
    return { Version: version, Tier }
  },
}

const remove: Operation<Named> = {
  access: ({ Name }, scene) => onNames('DeleteParameter', [Name], scene),
  run({ Name }, { world }) {
    world.dispatch({ type: 'DeleteParameter', name: Name })
    return {}
  },
}

const removeSeveral: Operation<{ readonly Names: readonly string[] }> = {
  access: ({ Names }, scene) => onNames('DeleteParameters', Names, scene),
  run({ Names }, { world, state }) {
    const known = atMostTen(Names).filter((name) => state.parameters.has(name))
    for (const name of known) world.dispatch({ type: 'DeleteParameter', name })
    return { DeletedParameters: known, InvalidParameters: Names.filter((name) => !known.includes(name)) }
  },
}

export const parameters = {
  GetParameter: getOne,
  GetParameters: getSeveral,
  GetParametersByPath: byPath,
  GetParameterHistory: history,
  DescribeParameters: describe,
  PutParameter: put,
  DeleteParameter: remove,
  DeleteParameters: removeSeveral,
}
