// Parameter Store: documents and state as parameters below one path, read together, created, overwritten and deleted.
import {
  DeleteParameterCommand,
  DeleteParametersCommand,
  type GetParametersByPathCommandOutput,
  GetParametersCommand,
  type Parameter,
  PutParameterCommand,
  paginateGetParametersByPath,
} from '@aws-sdk/client-ssm'
import { UnexpectedReply } from '../../domain/errors.ts'
import { wholeList } from '../pages.ts'
import { ssm, translated } from './client.ts'

export interface NamedValue {
  /** What follows the path. */
  readonly name: string
  readonly value: string
}

/**
 * What lies directly below a path.
 * @throws TryLater
 */
export const readChildren = (path: string): Promise<NamedValue[]> => readBelow(path, false)

/**
 * What lies anywhere below a path.
 * @throws TryLater
 */
export const readTree = (path: string): Promise<NamedValue[]> => readBelow(path, true)

async function readBelow(path: string, Recursive: boolean): Promise<NamedValue[]> {
  const list = {
    pages: paginateGetParametersByPath({ client: ssm(), pageSize: 10 }, { Path: path, Recursive }),
    itemsOf: ({ Parameters }: GetParametersByPathCommandOutput) => Parameters,
    keyOf: ({ Name }: Parameter) => Name,
  }
  const call = `GetParametersByPath ${path}`
  const found = await wholeList(list, call).catch((error) => Promise.reject(translated(error)))
  return found.map(({ Name, Value }) => {
    if (!Name || Value === undefined) throw new UnexpectedReply(`${call}: a parameter without name or value`)
    return { name: Name.slice(path.length + 1), value: Value }
  })
}

/** GetParameters takes no more at once. */
export const MOST_NAMED = 10

/**
 * Those of these parameters that are there, by their whole names.
 * @throws TryLater
 */
export async function readNamed(names: readonly string[]): Promise<NamedValue[]> {
  try {
    const { Parameters = [] } = await ssm().send(new GetParametersCommand({ Names: [...names] }))
    return Parameters.map(({ Name, Value }) => {
      if (!Name || Value === undefined) throw new UnexpectedReply('GetParameters: a parameter without name or value')
      return { name: Name, value: Value }
    })
  } catch (error) {
    throw translated(error)
  }
}

/**
 * Creates it, or answers false where it is there already: of two at once only one creates it.
 * @throws TryLater
 */
export async function createParameter(name: string, value: string): Promise<boolean> {
  try {
    await ssm().send(new PutParameterCommand({ Name: name, Value: value, Type: 'String', Overwrite: false }))
    return true
  } catch (error) {
    if (error instanceof Error && error.name === 'ParameterAlreadyExists') return false
    throw translated(error)
  }
}

/** Characters of a parameter: a standard one costs nothing, an advanced one 0.05 USD a month. */
const STANDARD = 4096
const ADVANCED = 8192

/**
 * Creates it or overwrites it; a secret that is too long for a standard parameter as an advanced one.
 * @throws TryLater, UnexpectedReply for a value that no such parameter holds
 */
export async function writeParameter(
  name: string,
  value: string,
  sealed: { readonly Type: 'SecureString'; readonly KeyId?: string } | { readonly Type: 'String' } = { Type: 'String' },
): Promise<void> {
  const most = sealed.Type === 'SecureString' ? ADVANCED : STANDARD
  if (value.length > most)
    throw new UnexpectedReply(`${name}: found ${value.length} characters, wanted at most ${most}`)
  const tier = value.length > STANDARD ? ({ Tier: 'Advanced' } as const) : {}
  try {
    await ssm().send(new PutParameterCommand({ Name: name, Value: value, Overwrite: true, ...sealed, ...tier }))
  } catch (error) {
    throw translated(error)
  }
}

/**
 * Deletes it, or answers false where it is gone already: of two at once only one deletes it.
 * @throws TryLater
 */
export async function deleteParameter(name: string): Promise<boolean> {
  try {
    await ssm().send(new DeleteParameterCommand({ Name: name }))
    return true
  } catch (error) {
    if (error instanceof Error && error.name === 'ParameterNotFound') return false
    throw translated(error)
  }
}

/** Names that one call takes. */
const AT_ONCE = 10

/**
 * Deletes those that are there.
 * @throws TryLater
 */
export async function deleteParameters(names: readonly string[]): Promise<void> {
  for (let first = 0; first < names.length; first += AT_ONCE)
    try {
      await ssm().send(new DeleteParametersCommand({ Names: names.slice(first, first + AT_ONCE) }))
    } catch (error) {
      throw translated(error)
    }
}
