// STS in the Query protocol: a role of another account taken on, and who the caller is.
import { accountOf, sessionArn } from '../../world/accounts.ts'
import { type RoleSession, ServiceError } from '../../world/types.ts'
import { queryCodec } from '../query-codec.ts'
import type { Operation, SecretOf, Service } from '../service.ts'

interface AssumeInput {
  readonly RoleArn?: string
  readonly RoleSessionName?: string
  readonly DurationSeconds?: string
}

/** Seconds. A role that was taken by a role is had for an hour at most. */
const HOUR = 3600

const assumeRole: Operation<AssumeInput> = {
  access: ({ RoleArn = '' }) => [{ action: 'sts:AssumeRole', resources: [RoleArn] }],
  run({ RoleArn = '', RoleSessionName = '', DurationSeconds = String(HOUR) }, { world, secretOf }) {
    const seconds = Number(DurationSeconds)
    if (!/^[\w+=,.@-]{2,64}$/.test(RoleSessionName))
      throw invalid(`Value '${RoleSessionName}' at 'roleSessionName' failed to satisfy constraint: [\\w+=,.@-]{2,64}`)
    if (!(seconds >= 900 && seconds <= HOUR))
      throw invalid(`The requested DurationSeconds ${DurationSeconds} is not between 900 and ${HOUR}`)
    const order = { type: 'AssumeRole', roleArn: RoleArn, sessionName: RoleSessionName, seconds } as const
    return assumed(world.dispatch<'AssumeRole'>(order), secretOf)
  },
}

const invalid = (message: string) => new ServiceError('ValidationError', message)

const assumed = (session: RoleSession, secretOf: SecretOf) => ({
  Credentials: {
    AccessKeyId: session.accessKeyId,
    SecretAccessKey: secretOf(session.accessKeyId),
    SessionToken: `local-${session.accessKeyId}`,
    Expiration: new Date(session.expiresAt).toISOString(),
  },
  AssumedRoleUser: { AssumedRoleId: `AROALOCAL:${session.sessionName}`, Arn: sessionArn(session) },
})

/** Nobody needs a right for it. */
const getCallerIdentity: Operation = {
  access: () => [],
  run(_, { state, accessKeyId }) {
    const session = state.sessions.get(accessKeyId)
    const Arn = session ? sessionArn(session) : `arn:aws:iam::${state.account}:user/${accessKeyId}`
    return { Arn, UserId: accessKeyId, Account: accountOf(state, accessKeyId) }
  },
}

export const service: Service = {
  signingName: 'sts',
  operations: { AssumeRole: assumeRole, GetCallerIdentity: getCallerIdentity },
  denied: { code: 'AccessDenied', status: 403 },
  throttled: { code: 'Throttling', status: 400 },
  ...queryCodec('https://sts.amazonaws.com/doc/2011-06-15/'),
}
