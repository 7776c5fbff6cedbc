// An empty account: nothing runs, nothing is stored, the clock has not started.
import { RUN_SHELL_SCRIPT } from './documents.ts'
import { hostRolesOf } from './profiles.ts'
import type { Tempo, World } from './types.ts'
import { defaultVpc } from './vpc.ts'

const tempo: Tempo = {
  pendingMs: 400,
  stoppingMs: 300,
  publicIpDelayMs: 0,
  pendingAddress: 'hidden',
  capacity: 'free',
  insyncMs: 1000,
  route53PerSecond: 5,
  route53Serial: true,
  rulesMatchAfterMs: 0,
  tagsFromRegistration: false,
}

export interface WorldOptions {
  readonly account?: string
  readonly region?: string
  readonly tempo?: Partial<Tempo>
  readonly publicPool?: readonly string[]
}

export function createWorld(options: WorldOptions = {}): World {
  const account = options.account ?? '123456789012'
  return {
    account,
    roles: new Map(),
    hostRoles: hostRolesOf(account),
    sessions: new Map(),
    region: options.region ?? 'eu-central-1',
    tempo: { ...tempo, ...options.tempo },
    publicPool: options.publicPool ?? publicAddresses(240),
    instances: new Map(),
    zones: new Map(),
    changes: new Map(),
    openChanges: [],
    parameters: new Map(),
    deletedParameters: new Map(),
    documents: new Map([[RUN_SHELL_SCRIPT.name, RUN_SHELL_SCRIPT]]),
    commands: new Map(),
    openCommands: new Map(),
    queues: new Map(),
    topics: new Map(),
    vpc: defaultVpc(),
    route53Calls: [],
    serial: 1,
    wakeAt: null,
  }
}

/** Addresses that belong to nobody: 203.0.113.10 to .249 (RFC 5737), then 198.18.0.1 and up (RFC 2544). */
export function publicAddresses(count: number): string[] {
  return Array.from({ length: count }, (_, i) => {
    if (i < 240) return `203.0.113.${i + 10}`
    const n = i - 239
    return `198.${18 + (n >> 16)}.${(n >> 8) & 255}.${n & 255}`
  })
}
