// Parameter Store: documents and state as parameters below one path, read together, created, overwritten and deleted.
import { DeleteParameterCommand, PutParameterCommand, paginateGetParametersByPath } from '@aws-sdk/client-ssm'
import { UnexpectedReply } from '../../domain/errors.ts'
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
  const found: NamedValue[] = []
  const pages = paginateGetParametersByPath({ client: ssm() }, { Path: path, Recursive, MaxResults: 10 })
  try {
    for await (const page of pages)
      for (const { Name, Value } of page.Parameters ?? []) {
        if (!Name || Value === undefined)
          throw new UnexpectedReply(`GetParametersByPath ${path}: a parameter without name or value`)
        found.push({ name: Name.slice(path.length + 1), value: Value })
      }
  } catch (error) {
    throw translated(error)
  }
  return found
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

/** Characters of a standard parameter. */
const MOST = 4096

/**
 * Creates it or overwrites it.
 * @throws TryLater, UnexpectedReply for a value that no standard parameter holds
 */
export async function writeParameter(
  name: string,
  value: string,
  type: 'String' | 'SecureString' = 'String',
): Promise<void> {
  if (value.length > MOST)
    throw new UnexpectedReply(`${name}: found ${value.length} characters, wanted at most ${MOST}`)
  try {
    await ssm().send(new PutParameterCommand({ Name: name, Value: value, Type: type, Overwrite: true }))
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
