// Route 53's operations: what each asks of IAM, and what it answers.
import { accountOf, sessionArn } from '../../world/accounts.ts'
import { lookupIn } from '../../world/answers.ts'
import { listRecords, normaliseName, plainName } from '../../world/queries.ts'
import { type HostedZone, type RecordSet, ServiceError, type ZoneChange } from '../../world/types.ts'
import { findZone } from '../../world/zones.ts'
import { pageSize } from '../pages.ts'
import type { Access, Operation, Scene } from '../service.ts'
import { readChange, writeRecord, type XmlChange } from './shapes.ts'

type Parameters = Readonly<Record<string, string>>
type Batch = Parameters & { readonly ChangeBatch?: { readonly Changes?: { readonly Change?: readonly XmlChange[] } } }

function onZone(operation: string, id: string | undefined, context: Access['context'] = {}): Access[] {
  return [{ action: `route53:${operation}`, resources: [`arn:aws:route53:::hostedzone/${id}`], context }]
}

function anywhere(operation: string): Operation<Parameters>['access'] {
  return () => [{ action: `route53:${operation}`, resources: ['*'] }]
}

/** That a zone of another account exists is not kept secret, but nobody of this one reaches it, whatever his policies say. */
function ownZone({ state, accessKeyId }: Pick<Scene, 'state' | 'accessKeyId'>, id: string): HostedZone {
  const zone = findZone(state, id)
  if (zone.account === accountOf(state, accessKeyId)) return zone
  const session = state.sessions.get(accessKeyId)
  const caller = session ? sessionArn(session) : accessKeyId
  throw new ServiceError('AccessDenied', `User: ${caller} is not authorized to access this resource`, 403)
}

const list: Operation<Parameters> = {
  access: ({ Id }) => onZone('ListResourceRecordSets', Id),
  run({ Id, name, type, identifier, maxitems }, scene) {
    const zone = ownZone(scene, Id!)
    if (name === undefined && type !== undefined) {
      throw new ServiceError('InvalidInput', 'The parameter "type" is not valid without the parameter "name".')
    }
    const max = Math.min(pageSize(maxitems, 1, 1_000_000, 300, 'InvalidInput'), 300)
    const start = name === undefined ? undefined : { name, type, setIdentifier: identifier }
    const { records, next } = listRecords(zone, start, max)
    return {
      ResourceRecordSets: { ResourceRecordSet: records.map(writeRecord) },
      IsTruncated: String(next !== undefined),
      ...(next === undefined ? {} : nextRecord(next)),
      MaxItems: max,
    }
  },
}

function nextRecord({ name, type, setIdentifier }: RecordSet): object {
  const identifier = setIdentifier === undefined ? {} : { NextRecordIdentifier: setIdentifier }
  return { NextRecordName: name, NextRecordType: type, ...identifier }
}

const change: Operation<Batch> = {
  access(input) {
    const changes = changesOf(input)
    const distinct = (values: readonly string[]) => [...new Set(values)]
    return onZone('ChangeResourceRecordSets', input.Id, {
      'route53:ChangeResourceRecordSetsNormalizedRecordNames': distinct(
        changes.map(({ ResourceRecordSet: { Name = '' } }) => normaliseName(Name).replace(/\.$/, '')),
      ),
      'route53:ChangeResourceRecordSetsRecordTypes': distinct(
        changes.map(({ ResourceRecordSet: { Type = '' } }) => Type),
      ),
      'route53:ChangeResourceRecordSetsActions': distinct(changes.map(({ Action }) => Action)),
    })
  },
  run(input, scene) {
    const changes = changesOf(input).map(readChange)
    if (changes.length === 0) throw new ServiceError('InvalidInput', 'Invalid request: ChangeBatch has no Changes')
    const zoneId = ownZone(scene, input.Id!).id
    return { ChangeInfo: info(scene.world.dispatch({ type: 'ChangeResourceRecordSets', zoneId, changes })) }
  },
}

function changesOf(input: Batch): readonly XmlChange[] {
  return input.ChangeBatch?.Changes?.Change ?? []
}

function info({ id, status, submittedAt }: ZoneChange): object {
  return { Id: `/change/${id}`, Status: status, SubmittedAt: new Date(submittedAt).toISOString() }
}

const getChange: Operation<Parameters> = {
  access: ({ Id }) => [{ action: 'route53:GetChange', resources: [`arn:aws:route53:::change/${Id}`] }],
  run({ Id }, { state, accessKeyId }) {
    const found = state.changes.get(Id!)
    const account = found && state.zones.get(found.zoneId)?.account
    if (found === undefined || account !== accountOf(state, accessKeyId))
      throw new ServiceError('NoSuchChange', `Could not find resource with ID: ${Id}`, 404)
    return { ChangeInfo: info(found) }
  },
}

const getZone: Operation<Parameters> = {
  access: ({ Id }) => onZone('GetHostedZone', Id),
  run({ Id }, scene) {
    const zone = ownZone(scene, Id!)
    const servers = zone.privateZone ? undefined : zone.records.get(`${zone.name}|NS`)?.values
    const names = servers?.map((server) => server.replace(/\.$/, ''))
    return { HostedZone: shownZone(zone), ...(names && { DelegationSet: { NameServers: { NameServer: names } } }) }
  },
}

function shownZone(zone: HostedZone): object {
  return {
    Id: `/hostedzone/${zone.id}`,
    Name: zone.name,
    CallerReference: zone.id,
    Config: { PrivateZone: String(zone.privateZone) },
    ResourceRecordSetCount: zone.records.size,
  }
}

/** Zones at or after the name, labels reversed: a public and a private one can bear the same name. */
const zonesByName: Operation<Parameters> = {
  access: anywhere('ListHostedZonesByName'),
  run({ dnsname, hostedzoneid, maxitems }, { state, accessKeyId }) {
    const key = (name: string, id: string) => `${name.split('.').reverse().join('.')} ${id}`
    const mine = [...state.zones.values()].filter(({ account }) => account === accountOf(state, accessKeyId))
    const zones = mine.sort((a, b) => (key(a.name, a.id) < key(b.name, b.id) ? -1 : 1))
    const start = dnsname === undefined ? '' : key(normaliseName(dnsname), hostedzoneid ?? '')
    const from = zones.filter(({ name, id }) => key(name, id) >= start)
    const max = Math.min(pageSize(maxitems, 1, 1_000_000, 100, 'InvalidInput'), 100)
    const next = from[max]
    return {
      HostedZones: { HostedZone: from.slice(0, max).map(shownZone) },
      ...(dnsname === undefined ? {} : { DNSName: dnsname }),
      IsTruncated: String(next !== undefined),
      ...(next === undefined ? {} : { NextDNSName: next.name, NextHostedZoneId: next.id }),
      MaxItems: max,
    }
  },
}

const testAnswer: Operation<Parameters> = {
  access: anywhere('TestDNSAnswer'),
  run({ hostedzoneid = '', recordname = '', recordtype = '' }, scene) {
    const zone = ownZone(scene, hostedzoneid.replace(/^\/?hostedzone\//, ''))
    if (zone.privateZone)
      throw new ServiceError('InvalidInput', 'TestDNSAnswer is not supported for private hosted zones')
    const { rcode, answers } = lookupIn(scene.state, zone, recordname, recordtype)
    return {
      Nameserver: zone.records.get(`${zone.name}|NS`)!.values[0]!.replace(/\.$/, ''),
      RecordName: plainName(normaliseName(recordname)),
      RecordType: recordtype,
      RecordData: { RecordDataEntry: answers.flatMap(({ values }) => values) },
      ResponseCode: rcode,
      Protocol: 'UDP',
    }
  },
}

export const operations = {
  ListResourceRecordSets: list,
  ChangeResourceRecordSets: change,
  GetChange: getChange,
  GetHostedZone: getZone,
  ListHostedZonesByName: zonesByName,
  TestDNSAnswer: testAnswer,
}
