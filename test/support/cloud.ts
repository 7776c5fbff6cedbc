// A local cloud for one test file: the packaged stack, rendered machines, and everything that happened.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { declaredSites } from '../../cli/start/sites.ts'
import { type CloudOptions, type Happening, type LocalCloud, startCloud } from '../../local/cloud.ts'
import { type RenderedRoom, renderedRoom } from '../../local/machine/rendered/room.ts'
import { packaged } from '../../local/package.ts'
import type { DeclaredSite } from '../../local/scenario.ts'

export interface TestCloud extends LocalCloud {
  readonly room: RenderedRoom
  readonly happened: Happening[]
  readonly stage: string
  readonly sites: readonly DeclaredSite[]
  /** Messages that the functions logged, in order. */
  logged(): string[]
  /** Calls of the functions, or of one role, over all services, as `service Operation`. */
  called(role?: string): string[]
  problems(): string[]
}

type Overrides = Partial<Omit<CloudOptions, 'room' | 'workFolder'>>

export async function testCloud(overrides: Overrides = {}): Promise<TestCloud> {
  const folder = mkdtempSync(join(tmpdir(), 'ragstream-edge-cloud-'))
  const packageFolder = overrides.packageFolder ?? (await packaged())
  const declared = declaredSites(packageFolder)
  const room = renderedRoom(join(folder, 'machines'))
  const happened: Happening[] = []
  const cloud = await startCloud({
    tempo: { pendingMs: 50, stoppingMs: 50, insyncMs: 100 },
    registerAfterMs: 100,
    stackName: `ragstream-edge-${declared.stage}`,
    ...overrides,
    packageFolder,
    room,
    workFolder: join(folder, 'functions'),
    onHappening: (happening) => {
      happened.push(happening)
      overrides.onHappening?.(happening)
    },
  })
  return Object.assign(Object.create(cloud) as LocalCloud, {
    room,
    happened,
    ...declared,
    logged: () => happened.flatMap((one) => (one.kind === 'log' ? messageOf(one.line) : [])),
    called: (role?: string) =>
      happened.flatMap((one) =>
        one.kind === 'call' && (role ? one.call.accessKeyId === role : one.call.accessKeyId !== 'local-admin')
          ? [`${one.call.service} ${one.call.operation}`]
          : [],
      ),
    problems: () => happened.flatMap((one) => (one.kind === 'problem' ? [one.problem] : [])),
    async close() {
      await cloud.close()
      await room.close()
      rmSync(folder, { recursive: true, force: true })
    },
  })
}

/** What is not JSON is a fault of the bundle, and worth seeing as it is. */
function messageOf(line: string): string[] {
  try {
    const entry = JSON.parse(line)
    return '_aws' in entry ? [] : [String(entry.message)]
  } catch {
    return [line]
  }
}
