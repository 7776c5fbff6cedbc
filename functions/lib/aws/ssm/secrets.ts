// Parameter Store as a vault: keys and certificates as SecureStrings, each of at most 8 KB.
import {
  type DescribeParametersCommandOutput,
  GetParameterCommand,
  type ParameterMetadata,
  type ParameterStringFilter,
  paginateDescribeParameters,
} from '@aws-sdk/client-ssm'
import type { StoredSecret } from '../../certificates/unwanted.ts'
import { UnexpectedReply } from '../../domain/errors.ts'
import { wholeList } from '../pages.ts'
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

/**
 * @param keyId of KMS; AWS's own for Parameter Store where there is none
 * @throws TryLater, UnexpectedReply for a value that no parameter holds
 */
export const writeSecret = (name: string, value: string, keyId?: string): Promise<void> =>
  writeParameter(name, value, { Type: 'SecureString', ...(keyId === undefined ? {} : { KeyId: keyId }) })

/**
 * The key of KMS that a secret has: PutParameter without one moves it to AWS's own. Only descriptions and histories tell it.
 * @returns undefined where there is no such secret
 * @throws TryLater
 */
export async function keyOf(name: string): Promise<string | undefined> {
  const [secret] = await described({ Key: 'Name', Values: [name] })
  return secret?.KeyId
}

/**
 * What lies anywhere below a path, by the call that never answers with a value.
 * @throws TryLater
 */
export async function listStored(path: string): Promise<StoredSecret[]> {
  const stored = await described({ Key: 'Path', Option: 'Recursive', Values: [path] })
  return stored.map(({ Name, LastModifiedDate }) => {
    if (!Name || !LastModifiedDate)
      throw new UnexpectedReply(`DescribeParameters ${path}: a parameter without name or time`)
    return { name: Name, modifiedAt: LastModifiedDate.getTime() }
  })
}

async function described(filter: ParameterStringFilter & { readonly Values: string[] }): Promise<ParameterMetadata[]> {
  const list = {
    pages: paginateDescribeParameters({ client: ssm(), pageSize: 50 }, { ParameterFilters: [filter] }),
    itemsOf: ({ Parameters }: DescribeParametersCommandOutput) => Parameters,
    keyOf: ({ Name }: ParameterMetadata) => Name,
  }
  return wholeList(list, `DescribeParameters ${filter.Values}`).catch((error) => Promise.reject(translated(error)))
}
