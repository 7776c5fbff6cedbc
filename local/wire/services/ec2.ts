// EC2 in the Query protocol: form in, XML out.
import { instanceArn } from '../../world/command-events.ts'
import { describeInstances, type Filter, type SeenInstance } from '../../world/queries.ts'
import { type InstanceState, ServiceError, type World } from '../../world/types.ts'
import { groupsOf } from '../../world/vpc.ts'
import { groupOperations } from '../ec2/group-rules.ts'
import { vpcOperations } from '../ec2/vpc.ts'
import { pageOf, pageSize } from '../pages.ts'
import { readForm } from '../query.ts'
import type { Access, Input, Operation, Scene, Service } from '../service.ts'
import { writeXml } from '../xml.ts'

interface DescribeInput {
  readonly Filter?: readonly { readonly Name: string; readonly Value?: readonly string[] }[]
  readonly InstanceId?: readonly string[]
  readonly MaxResults?: string
  readonly NextToken?: string
}

interface ChangeInput {
  readonly InstanceId: readonly string[]
}

/** An unfiltered answer without MaxResults has at most this many: the caller has to follow the pages. */
const largestPage = 1000

const stateCodes: Readonly<Record<InstanceState, number>> = {
  pending: 0,
  running: 16,
  'shutting-down': 32,
  terminated: 48,
  stopping: 64,
  stopped: 80,
}

const describe: Operation<DescribeInput> = {
  access: () => [{ action: 'ec2:DescribeInstances', resources: ['*'] }],
  run(input, { state, world }) {
    const asked = input.InstanceId ?? []
    if (asked.length > 0 && input.MaxResults !== undefined) {
      const sentence = 'The parameter instancesSet cannot be used with the parameter maxResults'
      throw new ServiceError('InvalidParameterCombination', sentence)
    }
    requireKnown(asked, describeInstances(state, [], world.now()))
    const byId: Filter[] = asked.length > 0 ? [{ name: 'instance-id', values: asked }] : []
    const found = describeInstances(state, [...byId, ...filters(input)], world.now())
    const size = pageSize(input.MaxResults, 5, largestPage, largestPage, 'InvalidParameterValue')
    const { items, nextToken } = pageOf(found, size, input.NextToken, 'InvalidNextToken')
    // Each instance here was launched alone, and so stands in a reservation of its own.
    return { reservationSet: { item: items.map((instance) => reservation(instance, state)) }, nextToken }
  },
}

function filters(input: DescribeInput): Filter[] {
  return (input.Filter ?? []).map(({ Name: name, Value: values = [] }) => {
    if (['instance-id', 'instance-state-name', 'tag-key'].includes(name) || name.startsWith('tag:'))
      return { name, values }
    throw new ServiceError('InvalidParameterValue', `The filter '${name}' is invalid`)
  })
}

/** One unknown id fails the whole call. */
function requireKnown(asked: readonly string[], seen: readonly SeenInstance[]): void {
  if (asked.length === 0) return
  const known = new Set(seen.map(({ id }) => id))
  const unknown = asked.filter((id) => !known.has(id))
  if (unknown.length === 0) return
  const sentence =
    unknown.length === 1
      ? `The instance ID '${unknown[0]}' does not exist`
      : `The instance IDs '${unknown.join(', ')}' do not exist`
  throw new ServiceError('InvalidInstanceID.NotFound', sentence)
}

function reservation(instance: SeenInstance, world: World): object {
  return {
    reservationId: instance.id.replace(/^i-/, 'r-'),
    ownerId: world.account,
    instancesSet: { item: [shown(instance, world)] },
  }
}

function shown(instance: SeenInstance, world: World): object {
  const { address, ipv6 } = instance
  const { vpc } = world
  // A terminated instance has no interface, and so no place in the network any more.
  const place = instance.state === 'terminated' ? {} : { subnetId: vpc.subnet.id, vpcId: vpc.id }
  const groupSet = { item: groupsOf(world, instance).map(({ id, name }) => ({ groupId: id, groupName: name })) }
  const association = address === null ? {} : { association: { publicIp: address, ipOwnerId: 'amazon' } }
  const ipv6Set = ipv6 === null ? {} : { ipv6AddressesSet: { item: [{ ipv6Address: ipv6 }] } }
  return {
    instanceId: instance.id,
    instanceState: state(instance.state),
    privateIpAddress: instance.privateIp,
    ...(address === null ? {} : { ipAddress: address }),
    ...(ipv6 === null ? {} : { ipv6Address: ipv6 }),
    launchTime: new Date(instance.launchTime).toISOString(),
    ...place,
    rootDeviceType: 'ebs',
    groupSet,
    ...(instance.profile === null ? {} : profileOf(instance.profile, world)),
    networkInterfaceSet: {
      item: [
        {
          networkInterfaceId: instance.id.replace(/^i-/, 'eni-'),
          ...place,
          groupSet,
          ...{ privateIpAddress: instance.privateIp, ...association, ...ipv6Set },
        },
      ],
    },
    tagSet: { item: Object.entries(instance.tags).map(([key, value]) => ({ key, value })) },
  }
}

function profileOf(name: string, { account }: World): object {
  return {
    iamInstanceProfile: { arn: `arn:aws:iam::${account}:instance-profile/${name}`, id: 'AIPA0A1B2C3D4E5F60718' },
  }
}

function state(name: InstanceState): object {
  return { code: stateCodes[name], name }
}

/** Start, stop and terminate differ in their name alone. */
function change(type: 'StartInstances' | 'StopInstances' | 'TerminateInstances'): Operation<ChangeInput> {
  return {
    access: (input, scene) => touched(type, input, scene),
    run({ InstanceId: ids }, { world, state: before }) {
      world.dispatch({ type, ids })
      const item = ids.map((id) => ({
        instanceId: id,
        currentState: state(world.state.instances.get(id)!.state),
        previousState: state(before.instances.get(id)!.state),
      }))
      return { instancesSet: { item } }
    },
  }
}

const reboot: Operation<ChangeInput> = {
  access: (input, scene) => touched('RebootInstances', input, scene),
  run({ InstanceId: ids }, { world }) {
    world.dispatch({ type: 'RebootInstances', ids })
    return { return: 'true' }
  },
}

interface AttributeInput {
  readonly InstanceId: string
  readonly Attribute: string
}

/** Nothing here is protected from being stopped. */
const attribute: Operation<AttributeInput> = {
  access: ({ InstanceId: id }, { state }) => [
    { action: 'ec2:DescribeInstanceAttribute', resources: [instanceArn(state, id)] },
  ],
  run({ InstanceId: id, Attribute }, { state, world }) {
    requireKnown([id], describeInstances(state, [], world.now()))
    if (Attribute !== 'disableApiStop')
      throw new ServiceError('InvalidParameterValue', `The local cloud does not know the attribute ${Attribute}`)
    return { instanceId: id, disableApiStop: { value: 'false' } }
  },
}

interface TagInput {
  readonly ResourceId: readonly string[]
  readonly Tag: readonly { readonly Key: string; readonly Value?: string }[]
}

/** Of instances alone. */
const createTags: Operation<TagInput> = {
  access: ({ ResourceId }, scene) => touched('CreateTags', { InstanceId: ResourceId }, scene),
  run({ ResourceId: ids, Tag }, { world }) {
    const tags = Object.fromEntries(Tag.map(({ Key, Value = '' }) => [Key, Value]))
    world.dispatch({ type: 'CreateTags', ids, tags })
    return { return: 'true' }
  },
}

function touched(operation: string, { InstanceId: ids }: ChangeInput, { state }: Scene): Access[] {
  return ids.map((id) => {
    const tags = Object.entries(state.instances.get(id)?.tags ?? {})
    const context = tags.flatMap(([key, value]) => [
      [`aws:ResourceTag/${key}`, value],
      [`ec2:ResourceTag/${key}`, value],
    ])
    return { action: `ec2:${operation}`, resources: [instanceArn(state, id)], context: Object.fromEntries(context) }
  })
}

export const service: Service = {
  signingName: 'ec2',
  denied: { code: 'UnauthorizedOperation', status: 403 },
  throttled: { code: 'RequestLimitExceeded', status: 503 },
  operations: {
    DescribeInstances: describe,
    DescribeInstanceAttribute: attribute,
    StartInstances: change('StartInstances'),
    StopInstances: change('StopInstances'),
    TerminateInstances: change('TerminateInstances'),
    RebootInstances: reboot,
    CreateTags: createTags,
    ...vpcOperations,
    ...groupOperations,
  },
  read(request) {
    const { Action: operation, Version: _version, ...input } = readForm(request.body)
    return { operation: String(operation), input: input as Input }
  },
  write(operation, output, requestId) {
    const namespace = 'http://ec2.amazonaws.com/doc/2016-11-15/'
    const body = writeXml(`${operation}Response`, namespace, { requestId, ...(output as object) })
    return { status: 200, headers: { 'content-type': 'text/xml;charset=UTF-8' }, body }
  },
  writeError(error, requestId) {
    const content = { Errors: { Error: { Code: error.code, Message: error.message } }, RequestID: requestId }
    const body = writeXml('Response', undefined, content)
    return { status: error.status, headers: { 'content-type': 'text/xml;charset=UTF-8' }, body }
  },
}
