// Other accounts, as far as they are seen from here: their roles, and who has taken one on.

import { setOne } from './share.ts'
import { type Handler, quiet } from './transition.ts'
import type { RoleSession, World } from './types.ts'

export const putRole: Handler<'PutRole'> = (state, { arn, trust, permissions }) =>
  quiet({ ...state, roles: setOne(state.roles, arn, { arn, trust, permissions }) })

/** Whether the caller may, IAM has said before. */
export const assumeRole: Handler<'AssumeRole'> = (state, { roleArn, sessionName, seconds }, now) => {
  const session: RoleSession = {
    accessKeyId: `ASIA${state.serial.toString(36).toUpperCase().padStart(16, '0')}`,
    ...{ roleArn, sessionName, expiresAt: now + seconds * 1000 },
  }
  const sessions = setOne(state.sessions, session.accessKeyId, session)
  return quiet({ ...state, serial: state.serial + 1, sessions }, session)
}

/** Of the caller: that of the role which he has taken on, else the one in which everything here lies. */
export function accountOf({ sessions, account }: World, accessKeyId: string): string {
  const session = sessions.get(accessKeyId)
  return session === undefined ? account : accountIn(session.roleArn)
}

/** The account of `arn:aws:iam::<account>:role/...`. */
const accountIn = (arn: string): string => arn.split(':')[4] ?? ''

/** Who a session is, in the words of the services. */
export const sessionArn = ({ roleArn, sessionName }: RoleSession): string =>
  `arn:aws:sts::${accountIn(roleArn)}:assumed-role/${roleArn.split('/').at(-1)}/${sessionName}`
