// Random worlds and random schedules, as plain data that fast-check can shrink: smaller numbers are milder.
import fc from 'fast-check'

/** Index into the five tags that selectors and instances share. */
export interface SiteShape {
  readonly selector: number
  /** Numbers of names in the zone: the first `retired` of them are retired, the others are aliases. */
  readonly names: readonly number[]
  readonly retired: number
  /** An alias in somebody else's domain: Route 53 refuses its records. */
  readonly misplaced: boolean
  readonly ipv6: boolean
  readonly onStop: 'park' | 'delete' | 'keep'
  readonly ttl: number
  readonly parkAddress: string
}

export interface InstanceShape {
  readonly name: number
  readonly web: boolean
  readonly ipv6: boolean
  readonly state: 'stopped' | 'running' | 'pending' | 'stopping'
}

export const RECORDS = ['right', 'none', 'stale', 'parked', 'alias', 'weighted', 'cname'] as const
export type RecordKind = (typeof RECORDS)[number]

export const ACTS = ['start', 'stop', 'terminate', 'launch', 'site', 'breakSite', 'image', 'slow', 'capacity'] as const
/** No event tells of these. */
export const SILENT_ACTS = ['vanish', 'associate', 'release', 'record', 'deleteSite'] as const

export interface Act {
  readonly after: number
  readonly kind: (typeof ACTS)[number] | (typeof SILENT_ACTS)[number]
  /** Which instance, site or name. */
  readonly which: number
  readonly site: SiteShape
  readonly record: RecordKind
}

export const FAULTS = ['throttled', 'crash before', 'crash after', 'reply lost', 'error'] as const

export interface Scenario {
  readonly zones: number
  /** The last zone is declared by sites, but does not exist. */
  readonly zoneMissing: boolean
  readonly sites: readonly SiteShape[]
  readonly instances: readonly InstanceShape[]
  /** What stands at the sites' names, in turn. */
  readonly records: readonly RecordKind[]
  /** Numbers of names that are under a protection of Route 53. */
  readonly protectedNames: readonly number[]
  readonly tempo: {
    readonly pendingMs: number
    readonly publicIpDelayMs: number
    readonly pendingAddress: 'hidden' | 'shown' | 'changed'
    readonly capacity: 'free' | 'lost'
    readonly insyncMs: number
    readonly route53Serial: boolean
  }
  /** How many public addresses EC2 has: of few, each goes to another instance soon after it was taken back. */
  readonly addresses: number
  readonly acts: readonly Act[]
  /** What becomes of the events, in turn: milliseconds on the way, and how many of each arrive. */
  readonly deliveries: readonly { readonly delay: number; readonly copies: number }[]
  /** Milliseconds of the calls, in turn; what Route 53 takes longer; and a few slow calls. */
  readonly latencies: readonly number[]
  readonly route53Ms: number
  readonly slow: readonly { readonly call: number; readonly ms: number }[]
  readonly faults: readonly { readonly call: number; readonly kind: (typeof FAULTS)[number] }[]
  /** How old an answer of DescribeInstances or GetParametersByPath can be, and how old they are, in turn. */
  readonly staleness: number
  readonly ages: readonly number[]
  readonly pollers: number
  /** Which of the processes that wait gets the next batch, in turn; a new one where there is none of this number. */
  readonly containers: readonly number[]
  readonly batchSize: number
  readonly window: number
  /** The reconcile comes so long after the world rests; null: when events and retries have run out. */
  readonly reconcileAfter: number | null
}

const milliseconds = (...limits: number[]) => fc.oneof(...limits.map((max) => fc.nat(max)))
const rarely = (times: number) => fc.nat(times - 1).map((n) => n === times - 1)

const site: fc.Arbitrary<SiteShape> = fc.record({
  selector: fc.nat(5),
  names: fc.uniqueArray(fc.nat(25), { maxLength: 3 }),
  retired: fc.constantFrom(0, 0, 1),
  misplaced: rarely(15),
  ipv6: rarely(4),
  onStop: fc.constantFrom('park', 'park', 'park', 'delete', 'keep'),
  ttl: fc.constantFrom(60, 300),
  parkAddress: fc.constantFrom('192.0.2.1', '192.0.2.1', '192.0.2.77'),
})

const instance: fc.Arbitrary<InstanceShape> = fc.record({
  name: fc.nat(3),
  web: fc.boolean(),
  ipv6: fc.boolean(),
  state: fc.constantFrom('stopped', 'running', 'running', 'pending', 'stopping'),
})

const record = fc.constantFrom<RecordKind>(...RECORDS, 'right', 'right', 'stale', 'none')

const act: fc.Arbitrary<Act> = fc.record({
  after: milliseconds(300, 3_000, 8_000, 70_000),
  kind: fc.constantFrom('start', 'start', 'stop', 'stop', ...ACTS, ...SILENT_ACTS),
  which: fc.oneof(fc.nat(1), fc.nat(30)),
  site,
  record,
})

export const scenarios: fc.Arbitrary<Scenario> = fc.record({
  zones: fc.integer({ min: 1, max: 3 }),
  zoneMissing: rarely(12),
  sites: fc.array(site, { minLength: 1, maxLength: 8 }),
  instances: fc.array(instance, { maxLength: 6 }),
  records: fc.array(record, { minLength: 1, maxLength: 12 }),
  protectedNames: fc.array(fc.nat(40), { maxLength: 2 }),
  tempo: fc.record({
    pendingMs: fc.constantFrom(400, 5_000),
    publicIpDelayMs: fc.constantFrom(0, 0, 3_000),
    pendingAddress: fc.constantFrom('hidden', 'hidden', 'shown', 'changed'),
    capacity: fc.constantFrom('free', 'free', 'free', 'free', 'lost'),
    insyncMs: fc.constantFrom(200, 5_000, 20_000),
    route53Serial: fc.constantFrom(true, true, true, false),
  }),
  addresses: fc.constantFrom(240, 240, 12, 7),
  acts: fc.array(act, { minLength: 0, maxLength: 16 }),
  deliveries: fc.array(
    fc.record({ delay: milliseconds(300, 300, 5_000, 100_000), copies: fc.constantFrom(1, 1, 1, 1, 2, 0) }),
    { minLength: 1, maxLength: 12 },
  ),
  latencies: fc.array(fc.integer({ min: 1, max: 600 }), { minLength: 1, maxLength: 20 }),
  route53Ms: fc.constantFrom(0, 0, 1_000, 3_000),
  slow: fc.array(fc.record({ call: fc.nat(60), ms: fc.integer({ min: 2_000, max: 15_000 }) }), { maxLength: 12 }),
  faults: fc.array(fc.record({ call: fc.nat(120), kind: fc.constantFrom(...FAULTS) }), { maxLength: 5 }),
  staleness: fc.constantFrom(0, 0, 2_000, 15_000),
  ages: fc.array(fc.nat(15_000), { minLength: 1, maxLength: 12 }),
  pollers: fc.constantFrom(1, 2, 3, 4, 4),
  containers: fc.array(fc.nat(2), { minLength: 1, maxLength: 8 }),
  batchSize: fc.constantFrom(1, 3, 10, 100),
  window: fc.constantFrom(0, 2_000, 8_000),
  reconcileAfter: fc.oneof(fc.constant(null), milliseconds(1_000, 60_000)),
})
