// Record sets between Route 53's XML and the world's shape.

import type { RecordChange, RecordSet } from '../../world/types.ts'
import { ServiceError } from '../../world/types.ts'

interface XmlRecordSet {
  readonly Name?: string
  readonly Type?: string
  readonly TTL?: string
  readonly SetIdentifier?: string
  readonly Weight?: string
  readonly ResourceRecords?: { readonly ResourceRecord?: readonly { readonly Value: string }[] }
  readonly AliasTarget?: {
    readonly HostedZoneId: string
    readonly DNSName: string
    readonly EvaluateTargetHealth: string
  }
}

export interface XmlChange {
  readonly Action: string
  readonly ResourceRecordSet: XmlRecordSet
}

export function readChange({ Action: action, ResourceRecordSet: set }: XmlChange): RecordChange {
  if (action !== 'CREATE' && action !== 'UPSERT' && action !== 'DELETE') {
    throw new ServiceError('InvalidInput', `Invalid request: Action is '${action}', wanted CREATE, UPSERT or DELETE`)
  }
  if (!set.Name || !set.Type) {
    throw new ServiceError('InvalidInput', `Invalid request: Missing field '${set.Name ? 'Type' : 'Name'}' in Change`)
  }
  const alias = set.AliasTarget
  const record: RecordSet = {
    name: set.Name,
    type: set.Type,
    ttl: set.TTL === undefined ? null : Number(set.TTL),
    values: (set.ResourceRecords?.ResourceRecord ?? []).map(({ Value }) => Value),
    ...(set.SetIdentifier === undefined ? {} : { setIdentifier: set.SetIdentifier }),
    ...(set.Weight === undefined ? {} : { weight: Number(set.Weight) }),
    ...(alias === undefined ? {} : { alias: readAlias(alias) }),
  }
  return { action, record }
}

function readAlias(alias: NonNullable<XmlRecordSet['AliasTarget']>): NonNullable<RecordSet['alias']> {
  const evaluateTargetHealth = alias.EvaluateTargetHealth === 'true'
  return { hostedZoneId: alias.HostedZoneId, dnsName: alias.DNSName, evaluateTargetHealth }
}

export function writeRecord(record: RecordSet): object {
  const { alias } = record
  const target = alias && {
    HostedZoneId: alias.hostedZoneId,
    DNSName: alias.dnsName,
    EvaluateTargetHealth: String(alias.evaluateTargetHealth),
  }
  const values = record.values.map((Value) => ({ Value }))
  // The element order of the service's schema.
  return {
    Name: record.name,
    Type: record.type,
    ...(record.setIdentifier === undefined ? {} : { SetIdentifier: record.setIdentifier }),
    ...(record.weight === undefined ? {} : { Weight: record.weight }),
    ...(record.ttl === null || target ? {} : { TTL: record.ttl }),
    ...(target ? { AliasTarget: target } : { ResourceRecords: { ResourceRecord: values } }),
  }
}
