// A world for idle: one instance that nobody uses, unless a test says otherwise; every act is remembered.
import type { Instance } from '../../functions/lib/domain/instance.ts'
import type { Site } from '../../functions/lib/domain/site.ts'
import type { SentCommand } from '../../functions/lib/hosts/command.ts'
import type { UseLook } from '../../functions/lib/idle/look.ts'
import type { Memory } from '../../functions/lib/idle/memory.ts'
import type { IdleNotice } from '../../functions/lib/idle/notice.ts'
import type { IdlePorts } from '../../functions/lib/idle/ports.ts'
import { anInstance, aSite, LAUNCH } from './domain.ts'
import { fakeClock } from './fake-clock.ts'

export const HOUR = 3_600_000

export const idleSite = (fields: Readonly<Record<string, unknown>> = {}, hostname = 'app.example.com'): Site =>
  aSite(hostname, { instances: { 'tag:Name': 'app' }, idle: { stopAfter: '45m', ...fields } })

/** Nobody has used it for ten hours. */
export const aUseLook = (fields: Partial<UseLook> = {}): UseLook => ({
  ...{ schema: 1, bootId: '11111111-1111-4111-8111-111111111111', uptime: 36_000, clock: '2026-11-23T18:00:00Z' },
  ...{ nginx: { sessions: 0, quiet: 35_000 }, cpuSeconds: 100, networkBytes: 0, gpu: null, people: 0 },
  ...fields,
})

export interface FakeIdle extends IdlePorts {
  instances: Instance[]
  sites: Site[]
  broken: { readonly hostname: string; readonly errors: [] }[]
  commands: SentCommand[]
  live: boolean
  readonly memory: Map<string, Memory>
  readonly notices: IdleNotice[]
  readonly calls: string[]
  /** Of the n-th look, from 1 on; its uptime goes by the clock. */
  answer: (n: number) => UseLook
  refuses: Error | undefined
}

export function fakeIdle(at = LAUNCH + 10 * HOUR): FakeIdle {
  const clock = fakeClock(at)
  let looks = 0
  const fake: FakeIdle = {
    ...{ instances: [anInstance()], sites: [idleSite()], broken: [], commands: [], live: true, refuses: undefined },
    ...{ memory: new Map(), notices: [], calls: [], clock, minute: 60_000, apart: 20_000 },
    answer: () => aUseLook(),
    async listInstances() {
      fake.calls.push('list instances')
      return fake.instances
    },
    async readSites() {
      fake.calls.push('read sites')
      return { sites: fake.sites, broken: fake.broken }
    },
    listCommands: async () => fake.commands,
    wasLive: async () => fake.live,
    async look(id, hostnames) {
      fake.calls.push(`look at ${id} for ${hostnames.join(' ')}`)
      looks += 1
      const look = fake.answer(looks)
      return { ...look, uptime: look.uptime + (clock.now() - at) / 1000 }
    },
    async stop(id) {
      fake.calls.push(`stop ${id}`)
      if (fake.refuses) throw fake.refuses
    },
    async readMemory() {
      return new Map(fake.memory)
    },
    async writeMemory(id, memory) {
      fake.calls.push(`remember ${id}`)
      fake.memory.set(id, memory)
    },
    async publish(notice) {
      fake.notices.push(notice)
    },
  }
  return fake
}
