// Parameter Store as a vault: keys and certificates as SecureStrings, each below 4 KB.
import { GetParameterCommand, paginateDescribeParameters } from '@aws-sdk/client-ssm'
import type { StoredSecret } from '../../certificates/unwanted.ts'
import { UnexpectedReply } from '../../domain/errors.ts'
import { ssm, translated } from './client.ts'
import { writeParameter } from './parameters.ts'

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
export const writeSecret = (name: string, value: string): Promise<void> => writeParameter(name, value, 'SecureString')

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
