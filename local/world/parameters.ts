// Parameter Store: create, update and delete are published; a value has at most 4 KB (standard tier), or 8 KB (advanced).

import { removeOne, setOne } from './share.ts'
import type { EventDraft, Handler } from './transition.ts'
import { type Parameter, ServiceError, type World } from './types.ts'

export const putParameter: Handler<'PutParameter'> = (state, action, now) => {
  const { name, value } = action
  const current = state.parameters.get(name)
  validate(name, value, action.tier)
  if (current !== undefined && action.overwrite !== true) {
    const wanted =
      'The parameter already exists. To overwrite this value, set the overwrite option in the request to true.'
    throw new ServiceError('ParameterAlreadyExists', wanted)
  }
  if (current === undefined && !action.unheard) refuseTooSoon(state, name, now)
  const type = action.parameterType ?? current?.type ?? 'String'
  const parameter: Parameter = {
    name,
    type,
    value,
    // PutParameter's page: without a KeyId the system uses the default key. The key of the version before does not stay.
    ...(type === 'SecureString' ? { keyId: action.keyId ?? 'alias/aws/ssm' } : {}),
    version: (current?.version ?? 0) + 1,
    lastModified: now,
    by: action.by ?? `arn:aws:iam::${state.account}:root`,
    earlier: current ? [...current.earlier, versionOf(current)].slice(-EARLIER) : [],
  }
  const operation = current === undefined ? 'Create' : 'Update'
  return {
    state: { ...state, parameters: setOne(state.parameters, name, parameter) },
    events: action.unheard ? [] : [parameterChange(state, parameter, operation, now)],
    reply: parameter,
  }
}

/** Parameter Store keeps 100 versions of a parameter. */
const EARLIER = 99

const versionOf = ({ earlier: _, ...version }: Parameter): Parameter['earlier'][number] => version

export const deleteParameter: Handler<'DeleteParameter'> = (state, action, now) => {
  const parameter = state.parameters.get(action.name)
  if (parameter === undefined) throw new ServiceError('ParameterNotFound', `Parameter ${action.name} not found.`)
  return {
    state: {
      ...state,
      parameters: removeOne(state.parameters, parameter.name),
      deletedParameters: action.unheard
        ? state.deletedParameters
        : setOne(state.deletedParameters, parameter.name, now),
    },
    events: action.unheard ? [] : [parameterChange(state, parameter, 'Delete', now)],
    reply: undefined,
  }
}

/**
 * Milliseconds. DeleteParameter's page: "After deleting a parameter, wait for at least 30 seconds to create a parameter with the same name."
 * It does not say what happens otherwise. The local cloud refuses with an error that nobody takes for another writer, or for a throttle.
 */
const BEFORE_CREATED_AGAIN = 30_000

function refuseTooSoon({ deletedParameters }: World, name: string, now: number): void {
  const age = now - (deletedParameters.get(name) ?? Number.NEGATIVE_INFINITY)
  if (age >= BEFORE_CREATED_AGAIN) return
  const sentence = `Parameter ${name} was deleted ${age} ms ago, wanted at least ${BEFORE_CREATED_AGAIN} ms before it is created again.`
  throw new ServiceError('ValidationException', sentence)
}

function validate(name: string, value: string, tier: 'Standard' | 'Advanced' = 'Standard'): void {
  if (!/^\/?[\w.-]+(\/[\w.-]+)*$/.test(name)) {
    const found = `Parameter name: can't be "${name}".`
    const wanted =
      'It can only contain letters, numbers and the symbols . - _ and must be a path in which / separates the parts.'
    throw new ServiceError('ValidationException', `${found} ${wanted}`)
  }
  if (/^\/?(aws|ssm)/i.test(name)) {
    const sentence = `Parameter name: can't be prefixed with "aws" or "ssm" (case-insensitive): "${name}".`
    throw new ServiceError('ValidationException', sentence)
  }
  if (value === '') throw new ServiceError('ValidationException', `Parameter value of ${name}: must not be empty.`)
  const most = tier === 'Standard' ? 4096 : 8192
  if (Buffer.byteLength(value) > most) {
    const sentence = `${tier} tier parameters support a maximum parameter value of ${most} characters.`
    const found = `${name} has ${Buffer.byteLength(value)}.`
    throw new ServiceError('ValidationException', `${sentence} ${found}`)
  }
}

function parameterChange(state: World, parameter: Parameter, operation: string, at: number): EventDraft {
  return {
    at,
    source: 'aws.ssm',
    detailType: 'Parameter Store Change',
    resources: [parameterArn(state, parameter.name)],
    detail: { operation, name: parameter.name, type: parameter.type, description: '' },
  }
}

/** The ARN of `/a/b` ends in `parameter/a/b`. */
export function parameterArn(state: Pick<World, 'account' | 'region'>, name: string): string {
  return `arn:aws:ssm:${state.region}:${state.account}:parameter/${name.replace(/^\//, '')}`
}
