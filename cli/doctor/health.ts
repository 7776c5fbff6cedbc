// Whether the health path of an app that is there already says anything: one that answers any path alike, as a page for all does, is always "ready".
import type { HttpAnswer } from '../../functions/lib/diagnosis/observation.ts'
import { isOk } from '../../functions/lib/diagnosis/web.ts'
import type { Site } from '../../functions/lib/domain/site.ts'
import { askPath } from '../../functions/lib/probe/http.ts'
import type { AccountInstance } from './account.ts'
import { type Line, note } from './line.ts'

/** No app knows it. */
const NONSENSE = '/ragstream-edge-none'

export interface HealthLook {
  readonly health: HttpAnswer
  readonly nonsense: HttpAnswer
}

export async function lookAtHealth(
  site: Site,
  { state, publicIp }: Pick<AccountInstance, 'state' | 'publicIp'>,
  port = site.tls === 'acme' ? 443 : 80,
): Promise<HealthLook | undefined> {
  // Addresses of the local cloud are nobody's here.
  if (state !== 'running' || !publicIp || process.env.AWS_ENDPOINT_URL) return undefined
  const target = { address: publicIp, host: site.hostname, limit: 2_000, port, secure: site.tls === 'acme' }
  const [health, nonsense] = await Promise.all([askPath(target, site.health.path), askPath(target, NONSENSE)])
  return { health, nonsense }
}

export function judgeHealth(site: Site, look: HealthLook | undefined): Line[] {
  if (!look || !isOk(site, look.health) || !isOk(site, look.nonsense)) return []
  const { path } = site.health
  return [
    note(
      'health',
      `the app answers any path as it answers ${path}, which then says nothing about whether it is ready`,
      'name a path of the app’s own in health.path, or in health.body what it says there alone',
    ),
  ]
}
