// Parameter Store as the memory of outcome: small parameters below one path, created, overwritten and deleted.
import {
  DeleteParameterCommand,
  PutParameterCommand,
  paginateGetParametersByPath,
  SSMClient,
} from '@aws-sdk/client-ssm'
import { TryLater, UnexpectedReply } from '../domain/errors.ts'
import type { StateEntry } from '../outcome/state.ts'

let client: SSMClient | undefined
const ssm = (): SSMClient => {
  // PutParameter takes 3 requests a second: a burst of starts waits here.
  client ??= new SSMClient({ maxAttempts: 6 })
  return client
}

/**
 * Everything below a path, by what follows it.
 * @throws TryLater
 */
export async function readEntries(path: string): Promise<StateEntry[]> {
  const entries: StateEntry[] = []
  const pages = paginateGetParametersByPath({ client: ssm() }, { Path: path, Recursive: true, MaxResults: 10 })
  try {
    for await (const page of pages)
      for (const { Name, Value } of page.Parameters ?? []) {
        if (!Name || Value === undefined)
          throw new UnexpectedReply(`GetParametersByPath ${path}: a parameter without name or value`)
        entries.push({ name: Name.slice(path.length + 1), value: Value })
      }
  } catch (error) {
    throw translated(error)
  }
  return entries
}

/**
 * Creates it, or answers false where it is there already: of two at once only one creates it.
 * @throws TryLater
 */
export async function createEntry(name: string, value: string): Promise<boolean> {
  try {
    await ssm().send(new PutParameterCommand({ Name: name, Value: value, Type: 'String', Overwrite: false }))
    return true
  } catch (error) {
    if (error instanceof Error && error.name === 'ParameterAlreadyExists') return false
    throw translated(error)
  }
}

/** @throws TryLater */
export async function overwriteEntry(name: string, value: string): Promise<void> {
  try {
    await ssm().send(new PutParameterCommand({ Name: name, Value: value, Type: 'String', Overwrite: true }))
  } catch (error) {
    throw translated(error)
  }
}

/**
 * Deletes it, or answers false where it is gone already: of two at once only one deletes it.
 * @throws TryLater
 */
export async function deleteEntry(name: string): Promise<boolean> {
  try {
    await ssm().send(new DeleteParameterCommand({ Name: name }))
    return true
  } catch (error) {
    if (error instanceof Error && error.name === 'ParameterNotFound') return false
    throw translated(error)
  }
}

const LATER = new Set(['ThrottlingException', 'TooManyUpdates', 'InternalServerError'])

const translated = (error: unknown): unknown =>
  error instanceof Error && LATER.has(error.name)
    ? new TryLater(`Parameter Store: ${error.name}: ${error.message}`, { cause: error })
    : error
