// STS: who this function is in another account, for the hosted zones that lie there.
import { AssumeRoleCommand, type AssumeRoleCommandOutput, STSClient } from '@aws-sdk/client-sts'
import { RoleRefused, UnexpectedReply } from '../domain/errors.ts'
import type { DnsRole } from '../domain/site.ts'

let client: STSClient | undefined
const sts = (): STSClient => {
  client ??= new STSClient({})
  return client
}

/** What a client takes as its credentials: it calls for them at the first request, and again five minutes before they expire. */
type Credentials = () => Promise<{
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string
  readonly expiration: Date
}>

const known = new Map<string, Credentials>()

/**
 * The same for the same role as long as the process lives: its client, and with it the credentials, outlast an invocation. Undefined for a
 * zone in the function's own account.
 */
export function credentialsOf(role: DnsRole): Credentials | undefined {
  if (role === null) return undefined
  const provider = known.get(role) ?? (() => assume(role))
  known.set(role, provider)
  return provider
}

/** The function's own name: it stands in the other account's trail of each call. At most 64 characters. */
const sessionName = (): string => (process.env.AWS_LAMBDA_FUNCTION_NAME ?? 'ragstream-edge').slice(0, 64)

/** An hour is the most that a role gets that was taken by a role, and the default. Outages pass as they are: who asked for the credentials knows what to do. */
async function assume(role: string): ReturnType<Credentials> {
  try {
    return toCredentials(await sts().send(new AssumeRoleCommand({ RoleArn: role, RoleSessionName: sessionName() })))
  } catch (error) {
    if (!(error instanceof Error) || !REFUSALS.has(error.name)) throw error
    throw new RoleRefused(
      `${sessionName()} may not take the role ${role} (dnsRoleArn): its trust policy must admit this function, and this function's policy allow sts:AssumeRole on it (deployed since the site has it?); the doctor prints the policies: ${error.message}`,
      { cause: error },
    )
  }
}

const REFUSALS = new Set(['AccessDenied', 'AccessDeniedException'])

function toCredentials({ Credentials: given }: AssumeRoleCommandOutput): Awaited<ReturnType<Credentials>> {
  const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = given ?? {}
  if (!AccessKeyId || !SecretAccessKey || !SessionToken || !Expiration)
    throw new UnexpectedReply('AssumeRole: no credentials, or none that say when they expire')
  return {
    accessKeyId: AccessKeyId,
    secretAccessKey: SecretAccessKey,
    sessionToken: SessionToken,
    expiration: Expiration,
  }
}
