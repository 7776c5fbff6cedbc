// Parameter Store as a vault: keys and certificates as SecureStrings, each below 4 KB.
import {
  DeleteParameterCommand,
  GetParameterCommand,
  PutParameterCommand,
  paginateDescribeParameters,
  SSMClient,
} from '@aws-sdk/client-ssm'
import type { StoredSecret } from '../certificates/unwanted.ts'
import { TryLater, UnexpectedReply } from '../domain/errors.ts'

let client: SSMClient | undefined
const ssm = (): SSMClient => {
  client ??= new SSMClient({ maxAttempts: 6 })
  return client
}

/** Characters of a standard parameter. */
const MOST = 4096

/**
 * @returns undefined where there is none
 * @throws TryLater
 */
export async function readSecret(name: string): Promise<string | undefined> {
  try {
    const reply = await ssm().send(new GetParameterCommand({ Name: name, WithDecryption: true }))
    if (!reply.Parameter?.Value) throw new UnexpectedReply(`GetParameter ${name}: no value`)
    return reply.Parameter.Value
  } catch (error) {
    if (error instanceof Error && error.name === 'ParameterNotFound') return undefined
    throw translated(error)
  }
}

/** @throws TryLater */
export const writeSecret = (name: string, value: string): Promise<void> => write(name, value, 'SecureString')

/** @throws TryLater */
export const writeDocument = (name: string, value: string): Promise<void> => write(name, value, 'String')

async function write(name: string, value: string, type: 'String' | 'SecureString'): Promise<void> {
  if (value.length > MOST)
    throw new UnexpectedReply(`${name}: found ${value.length} characters, wanted at most ${MOST}`)
  try {
    await ssm().send(new PutParameterCommand({ Name: name, Value: value, Type: type, Overwrite: true }))
  } catch (error) {
    throw translated(error)
  }
}

/**
 * What is gone already counts as deleted.
 * @throws TryLater
 */
export async function deleteSecret(name: string): Promise<void> {
  try {
    await ssm().send(new DeleteParameterCommand({ Name: name }))
  } catch (error) {
    if (!(error instanceof Error && error.name === 'ParameterNotFound')) throw translated(error)
  }
}

/**
 * What lies anywhere below a path, by the call that never answers with a value.
 * @throws TryLater
 */
export async function listStored(path: string): Promise<StoredSecret[]> {
  const stored: StoredSecret[] = []
  const ParameterFilters = [{ Key: 'Path', Option: 'Recursive', Values: [path] }]
  try {
    for await (const page of paginateDescribeParameters({ client: ssm() }, { ParameterFilters, MaxResults: 50 }))
      for (const { Name, LastModifiedDate } of page.Parameters ?? []) {
        if (!Name || !LastModifiedDate)
          throw new UnexpectedReply(`DescribeParameters ${path}: a parameter without name or time`)
        stored.push({ name: Name, modifiedAt: LastModifiedDate.getTime() })
      }
  } catch (error) {
    throw translated(error)
  }
  return stored
}

const LATER = new Set(['ThrottlingException', 'TooManyUpdates', 'InternalServerError'])

const translated = (error: unknown): unknown =>
  error instanceof Error && LATER.has(error.name)
    ? new TryLater(`Parameter Store: ${error.name}: ${error.message}`, { cause: error })
    : error
