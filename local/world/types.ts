// What AWS would know, as data. The vocabulary that wire, stack, agent, command line and tests share.
// All times are milliseconds since the epoch; a state is never changed in place.

import type { AclEntry, GroupRule, Route, Vpc } from './vpc-types.ts'

export type InstanceState = 'pending' | 'running' | 'stopping' | 'stopped' | 'shutting-down' | 'terminated'

/** One EC2 instance as the service knows it. The host behind it is a machine (local/machine), not part of the world. */
export interface Instance {
  readonly id: string
  readonly state: InstanceState
  readonly tags: Readonly<Record<string, string>>
  readonly privateIp: string
  /** Held since the last start; null while stopped. */
  readonly publicIp: string | null
  /** DescribeInstances shows the public address only from this time on (eventual consistency). */
  readonly publicIpVisibleAt: number
  readonly ipv6: string | null
  /** An Elastic IP stays over stop and start and shadows the pool's address. */
  readonly elasticIp: string | null
  readonly launchTime: number
  /** Transition under way: at `at` the state becomes `to`. */
  readonly due: { readonly to: InstanceState; readonly at: number } | null
  /** An hour after that the service no longer knows the instance. */
  readonly terminatedAt: number | null
  /** The oldest first. */
  readonly ran: readonly Run[]
  /** The SSM agent as Systems Manager sees it; null until it has ever registered. */
  readonly agent: { readonly registeredAt: number; readonly lastPingAt: number } | null
  /** Of its network interface. */
  readonly groupIds: readonly string[]
  /** Name of its instance profile; null without one. */
  readonly profile: string | null
}

export interface Run {
  readonly from: number
  /** Null while it still runs. */
  readonly to: number | null
}

/** A record set in the service's own shape: names in lower case with a trailing dot, `*` as `\052`. */
export interface RecordSet {
  readonly name: string
  readonly type: string
  readonly ttl: number | null
  readonly values: readonly string[]
  readonly setIdentifier?: string
  readonly weight?: number
  readonly alias?: { readonly hostedZoneId: string; readonly dnsName: string; readonly evaluateTargetHealth: boolean }
}

export interface RecordChange {
  readonly action: 'CREATE' | 'UPSERT' | 'DELETE'
  readonly record: RecordSet
}

export interface HostedZone {
  /** Bare id, without `/hostedzone/`. */
  readonly id: string
  /** To which it belongs: only a caller of that account reaches it. */
  readonly account: string
  /** With a trailing dot. */
  readonly name: string
  readonly privateZone: boolean
  /** What the API lists. Key: `recordKey(record)`. */
  readonly records: ReadonlyMap<string, RecordSet>
  /** What the name servers answer: `records` as of the last change that is INSYNC. */
  readonly served: ReadonlyMap<string, RecordSet>
  /** `name|type` keys under CreateResourceRecordSetProtections. */
  readonly protectedKeys: ReadonlySet<string>
}

export interface ZoneChange {
  readonly id: string
  readonly zoneId: string
  readonly submittedAt: number
  readonly insyncAt: number
  readonly status: 'PENDING' | 'INSYNC'
  /** The zone's records with this change: what is served once INSYNC. Null from then on. */
  readonly records: ReadonlyMap<string, RecordSet> | null
}

export interface Parameter {
  readonly name: string
  readonly type: 'String' | 'StringList' | 'SecureString'
  readonly value: string
  /** Of KMS; of a SecureString alone. */
  readonly keyId?: string
  readonly version: number
  readonly lastModified: number
  /** ARN of who wrote it. */
  readonly by: string
  /** The versions before, the oldest first: the last 99. */
  readonly earlier: readonly Omit<Parameter, 'earlier'>[]
}

export interface SsmDocument {
  readonly name: string
  /** The parsed content, schemaVersion 2.2. */
  readonly content: DocumentContent
}

export interface DocumentContent {
  readonly schemaVersion: '2.2'
  readonly description?: string
  readonly parameters?: Readonly<Record<string, DocumentParameter>>
  readonly mainSteps: readonly DocumentStep[]
}

export interface DocumentParameter {
  readonly type: string
  readonly description?: string
  readonly default?: string
  readonly allowedPattern?: string
  readonly allowedValues?: readonly string[]
}

export interface DocumentStep {
  readonly action: 'aws:runShellScript'
  readonly name: string
  readonly inputs: { readonly runCommand: readonly string[]; readonly timeoutSeconds?: string | number }
}

export type InvocationStatus =
  | 'Pending'
  | 'InProgress'
  | 'Delayed'
  | 'Success'
  | 'Failed'
  | 'TimedOut'
  | 'Cancelled'
  | 'Undeliverable'
  | 'DeliveryTimedOut'

/** A Run Command on one instance. */
export interface Invocation {
  readonly instanceId: string
  readonly status: InvocationStatus
  readonly statusDetails: string
  readonly responseCode: number
  readonly stdout: string
  readonly stderr: string
  readonly startedAt: number | null
  readonly endedAt: number | null
}

export interface Command {
  readonly id: string
  readonly documentName: string
  /** As it was when the command was sent: a command under way survives the removal of its document. */
  readonly content: DocumentContent
  /** Every parameter of the document, defaults filled in. */
  readonly parameters: Readonly<Record<string, readonly string[]>>
  readonly comment: string
  readonly requestedAt: number
  /** Not started by then: delivery timed out. */
  readonly expiresAt: number
  readonly invocations: ReadonlyMap<string, Invocation>
}

export interface QueueMessage {
  readonly id: string
  readonly body: string
  readonly sentAt: number
  readonly receiveCount: number
  readonly firstReceivedAt: number | null
  /** Hidden from receivers until then. */
  readonly visibleAt: number
  /** Message attributes of type String. */
  readonly attributes?: Readonly<Record<string, string>>
  /** Of the last receive; an older one no longer deletes or changes the message. */
  readonly receiptHandle: string | null
}

export interface Queue {
  readonly arn: string
  readonly url: string
  readonly visibilityTimeoutMs: number
  readonly retentionMs: number
  readonly redrive: { readonly targetArn: string; readonly maxReceiveCount: number } | null
  readonly messages: ReadonlyMap<string, QueueMessage>
}

export interface Topic {
  readonly arn: string
  /** The oldest first. */
  readonly published: readonly Publication[]
}

export interface Publication {
  readonly id: string
  readonly at: number
  readonly subject: string | null
  readonly message: string
  readonly attributes: Readonly<Record<string, string>>
}

/** Speeds of the emulated services, milliseconds unless said otherwise. */
export interface Tempo {
  readonly pendingMs: number
  readonly stoppingMs: number
  readonly publicIpDelayMs: number
  /**
   * Whether DescribeInstances shows the address of a `pending` instance. EC2's reference lets one expect it at `running` only: `hidden`. `changed`: at
   * `running` another address takes its place, and the first one goes back to the pool.
   */
  readonly pendingAddress: 'hidden' | 'shown' | 'changed'
  /** Whether EC2 has a computer for an instance that is started. `none`: it refuses. `lost`: it accepts, and the instance falls back to `stopped`. */
  readonly capacity: 'free' | 'none' | 'lost'
  readonly insyncMs: number
  /** Route 53 requests a second for the whole account; beyond: `Throttling`. */
  readonly route53PerSecond: number
  /** True: a change to a zone that still has a PENDING one is answered PriorRequestNotComplete. */
  readonly route53Serial: boolean
  /** From a rule's creation to its first match (PutRule: "allow a short period of time"). */
  readonly rulesMatchAfterMs: number
  /** True: an instance that Systems Manager has never seen has no tags there, so that a condition on one refuses SendCommand. */
  readonly tagsFromRegistration: boolean
}

/** A role of another account; its policies are read where a caller is judged. */
export interface ForeignRole {
  readonly arn: string
  readonly trust: unknown
  readonly permissions: unknown
}

/** What an instance profile lends to its hosts. A host that calls a service signs with the name of its profile as its access key. */
export interface HostRole {
  readonly arn: string
  readonly policies: readonly RolePolicy[]
}

export interface RolePolicy {
  readonly name: string
  /** Of a managed one that is attached; an inline one has none. */
  readonly arn?: string
  readonly document: unknown
}

/** A role taken on, until it expires; known by the access key that was given for it. */
export interface RoleSession {
  readonly accessKeyId: string
  readonly roleArn: string
  readonly sessionName: string
  readonly expiresAt: number
}

export interface World {
  readonly account: string
  /** By ARN. */
  readonly roles: ReadonlyMap<string, ForeignRole>
  /** By the name of the instance profile. */
  readonly hostRoles: ReadonlyMap<string, HostRole | null>
  /** By access key id. */
  readonly sessions: ReadonlyMap<string, RoleSession>
  readonly region: string
  readonly tempo: Tempo
  /** Addresses that the pool hands out next, in order; released ones go to the end. */
  readonly publicPool: readonly string[]
  readonly instances: ReadonlyMap<string, Instance>
  readonly zones: ReadonlyMap<string, HostedZone>
  readonly changes: ReadonlyMap<string, ZoneChange>
  /** Ids of the changes that are still PENDING, in the order of submission. */
  readonly openChanges: readonly string[]
  readonly parameters: ReadonlyMap<string, Parameter>
  /** By name, when a parameter was deleted: milliseconds. */
  readonly deletedParameters: ReadonlyMap<string, number>
  readonly documents: ReadonlyMap<string, SsmDocument>
  readonly commands: ReadonlyMap<string, Command>
  /** Ids of the commands with an invocation that has not ended. */
  readonly openCommands: ReadonlyMap<string, true>
  /** By ARN. */
  readonly queues: ReadonlyMap<string, Queue>
  /** By ARN. */
  readonly topics: ReadonlyMap<string, Topic>
  readonly vpc: Vpc
  /** The Route 53 requests of the last second, for each account's limit. */
  readonly route53Calls: readonly { readonly account: string; readonly at: number }[]
  /** Source of ids: the world holds no randomness. */
  readonly serial: number
  /** No transition is due before this time; null: none at all. Kept by `step`, exact after each `Advance`. */
  readonly wakeAt: number | null
}

/** An event as EventBridge publishes it on the default bus. */
export interface BusEvent {
  readonly version: '0'
  readonly id: string
  readonly 'detail-type': string
  readonly source: string
  readonly account: string
  readonly time: string
  readonly region: string
  readonly resources: readonly string[]
  readonly detail: Readonly<Record<string, unknown>>
}

export type Action =
  | {
      readonly type: 'RunInstance'
      readonly id?: string
      readonly tags: Readonly<Record<string, string>>
      readonly privateIp?: string
      readonly ipv6?: string
      readonly state?: 'running' | 'stopped'
      readonly profile?: string | null
    }
  | { readonly type: 'StartInstances'; readonly ids: readonly string[] }
  | { readonly type: 'StopInstances'; readonly ids: readonly string[] }
  | { readonly type: 'RebootInstances'; readonly ids: readonly string[] }
  | { readonly type: 'CreateTags'; readonly ids: readonly string[]; readonly tags: Readonly<Record<string, string>> }
  | { readonly type: 'TerminateInstances'; readonly ids: readonly string[] }
  | { readonly type: 'AssociateAddress'; readonly id: string; readonly address: string | null }
  /** Time has passed: carry out every transition that is due by `now`. */
  | { readonly type: 'Advance' }
  /** Other speeds from now on, for example a slow INSYNC. */
  | { readonly type: 'SetTempo'; readonly tempo: Partial<Tempo> }
  | {
      readonly type: 'CreateHostedZone'
      readonly id: string
      readonly name: string
      readonly privateZone?: boolean
      readonly account?: string
    }
  | { readonly type: 'CountRoute53Request'; readonly account?: string }
  | { readonly type: 'PutRole'; readonly arn: string; readonly trust: unknown; readonly permissions: unknown }
  /** Without a role the profile is empty. */
  | { readonly type: 'PutInstanceProfile'; readonly name: string; readonly role: HostRole | null }
  | {
      readonly type: 'AssumeRole'
      readonly roleArn: string
      readonly sessionName: string
      readonly seconds: number
    }
  | { readonly type: 'ChangeResourceRecordSets'; readonly zoneId: string; readonly changes: readonly RecordChange[] }
  | { readonly type: 'ProtectRecords'; readonly zoneId: string; readonly keys: readonly string[] }
  | {
      readonly type: 'PutParameter'
      readonly name: string
      readonly value: string
      readonly parameterType?: Parameter['type']
      readonly keyId?: string
      readonly tier?: 'Standard' | 'Advanced'
      readonly overwrite?: boolean
      /** ARN; the account's own user where it is left out. */
      readonly by?: string
      /** Its event is lost, as happens: only a look finds the change. */
      readonly unheard?: boolean
    }
  | { readonly type: 'DeleteParameter'; readonly name: string; readonly unheard?: boolean }
  | { readonly type: 'CreateDocument'; readonly name: string; readonly content: DocumentContent }
  | { readonly type: 'DeleteDocument'; readonly name: string }
  | { readonly type: 'RegisterAgent'; readonly instanceId: string }
  | {
      readonly type: 'SendCommand'
      readonly documentName: string
      readonly instanceIds: readonly string[]
      readonly parameters: Readonly<Record<string, readonly string[]>>
      readonly comment?: string
      readonly timeoutSeconds?: number
    }
  | { readonly type: 'StartInvocation'; readonly commandId: string; readonly instanceId: string }
  | {
      readonly type: 'EndInvocation'
      readonly commandId: string
      readonly instanceId: string
      readonly status: 'Success' | 'Failed' | 'TimedOut' | 'Undeliverable'
      readonly responseCode: number
      readonly stdout: string
      readonly stderr: string
    }
  /** There is no guarantee that what runs on a host ends (CancelCommand). Without instances: on all. */
  | { readonly type: 'CancelCommand'; readonly commandId: string; readonly instanceIds?: readonly string[] }
  | {
      readonly type: 'CreateQueue'
      readonly arn: string
      readonly visibilityTimeoutMs: number
      readonly retentionMs: number
      readonly redrive: Queue['redrive']
    }
  | {
      readonly type: 'SendMessages'
      readonly arn: string
      readonly bodies: readonly string[]
      /** Hidden for so long at first. */
      readonly delayMs?: number
      readonly attributes?: QueueMessage['attributes']
    }
  | { readonly type: 'ReceiveMessages'; readonly arn: string; readonly max: number }
  | { readonly type: 'DeleteMessages'; readonly arn: string; readonly receiptHandles: readonly string[] }
  | {
      readonly type: 'ChangeVisibility'
      readonly arn: string
      readonly receiptHandle: string
      readonly timeoutMs: number
    }
  | { readonly type: 'SetGroupRules'; readonly groupId: string; readonly inbound: readonly GroupRule[] }
  | { readonly type: 'SetAclEntries'; readonly entries: readonly AclEntry[] }
  | { readonly type: 'SetRoutes'; readonly routes: readonly Route[] }
  | { readonly type: 'CreateTopic'; readonly arn: string }
  | { readonly type: 'DeleteTopic'; readonly arn: string }
  | {
      readonly type: 'Publish'
      readonly arn: string
      readonly subject: string | null
      readonly message: string
      readonly attributes: Readonly<Record<string, string>>
    }
  | {
      readonly type: 'PutEvents'
      readonly entries: readonly {
        readonly source: string
        readonly detailType: string
        readonly detail: Readonly<Record<string, unknown>>
        readonly resources: readonly string[]
      }[]
    }

/** What an action came to. `reply` is what the service answers, typed per action in `ReplyOf`. */
export interface Step<R = unknown> {
  readonly state: World
  readonly events: readonly BusEvent[]
  readonly reply: R
}

export type ReplyOf<T extends Action['type']> = T extends 'RunInstance'
  ? Instance
  : T extends 'AssumeRole'
    ? RoleSession
    : T extends 'ChangeResourceRecordSets'
      ? ZoneChange
      : T extends 'SendCommand'
        ? Command
        : T extends 'PutParameter'
          ? Parameter
          : T extends 'ReceiveMessages' | 'SendMessages'
            ? readonly QueueMessage[]
            : T extends 'Publish'
              ? Publication
              : T extends 'PutEvents'
                ? readonly string[]
                : undefined

/** An error as the service names it, thrown by `step`: nothing has changed. `status` is the HTTP status of the answer. */
export class ServiceError extends Error {
  readonly code: string
  readonly status: number
  constructor(code: string, message: string, status = 400) {
    super(message)
    this.name = 'ServiceError'
    this.code = code
    this.status = status
  }
}

/** The world on a clock: holds the present state, applies actions, lets transitions happen when they are due. */
export interface LiveWorld {
  readonly state: World
  readonly now: () => number
  /** Applies an action now. Throws ServiceError; then nothing has changed. */
  dispatch<T extends Action['type']>(action: Extract<Action, { type: T }>): ReplyOf<T>
  /** Called after each applied action, with the state after it and what it published. Returns the way to stop. */
  subscribe(
    listener: (change: {
      action: Action
      before: World
      state: World
      events: readonly BusEvent[]
      at: number
    }) => void,
  ): () => void
  /** Stops the timers. */
  close(): void
}

/** One request to an AWS API, for the decision whether its caller may make it. */
export interface AccessRequest {
  /** The access key id: by convention the logical id of the role in the template, or `local-admin`; or that of a session. */
  readonly accessKeyId: string
  /** IAM action, for example `route53:ChangeResourceRecordSets`. */
  readonly action: string
  /** Every one of these ARNs must be allowed. */
  readonly resources: readonly string[]
  /** IAM condition keys of the request; several values where the key is multi-valued. */
  readonly context: Readonly<Record<string, string | readonly string[]>>
}

/** Undefined when allowed, else the sentence of the AccessDenied answer. */
export type Authorizer = (request: AccessRequest) => string | undefined
