// Sites, instances and records for tests: everything usual, except what a test names.
import type { Instance } from '../../functions/lib/domain/instance.ts'
import type { RecordSet } from '../../functions/lib/domain/record.ts'
import { parseSite, type Site } from '../../functions/lib/domain/site.ts'

export const ZONE = 'Z0123456789ABCDEFGHIJ'

/** The document of a whole site, by default four lines long, chosen by the tag Name = first label of its hostname. */
export const siteDocument = (hostname = 'app.example.com', fields: Readonly<Record<string, unknown>> = {}) => ({
  hostname,
  hostedZoneId: ZONE,
  instances: { 'tag:Name': hostname.split('.')[0]! },
  image: 'ragstream:1.4.0',
  ...fields,
})

export function aSite(hostname?: string, fields?: Readonly<Record<string, unknown>>): Site {
  const result = parseSite(siteDocument(hostname, fields))
  if (!result.ok) throw new Error(JSON.stringify(result.errors))
  return result.site
}

/** 2026-11-23T08:00:00Z */
export const LAUNCH = Date.UTC(2026, 10, 23, 8)

export const anInstance = (fields: Partial<Instance> = {}): Instance => ({
  id: 'i-00000000000000001',
  state: 'running',
  tags: { Name: 'app' },
  publicIp: '203.0.113.1',
  ipv6: undefined,
  launchTime: LAUNCH,
  ...fields,
})

export const aRecord = (fields: Partial<RecordSet> = {}): RecordSet => ({
  name: 'app.example.com.',
  type: 'A',
  ttl: 60,
  values: ['203.0.113.1'],
  ...fields,
})

/** Frozen to the last leaf: whoever writes to it throws. */
export function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Map || value instanceof Set) for (const entry of value) frozen(entry)
  else for (const child of Object.values(value)) frozen(child)
  return Object.freeze(value)
}
