// A host that somebody set up by hand, and that no configuration of ours was made live on: nothing of ours is there to be broken.
import type { Inspection } from '../../hosts/inspection.ts'
import type { Facts } from '../facts.ts'
import type { Rule, RuleHit } from './rule.ts'

/** Neither file nor container is ours, and yet the name, the port or the page has somebody. */
function servedByHand({ inspection, healthy, opens, site }: Facts): RuleHit | undefined {
  if (!inspection || inspection.rendering.file !== null || inspection.container.state !== 'absent') return undefined
  const who = servers(inspection, site.container.hostPort)
  if (who.length === 0 && !healthy) return undefined
  const what = `${site.hostname} is served by hand: ${who.join(', ') || 'by a server block without its name'}`
  if (healthy && opens) return { what, breaks: false }
  return { what, breaks: true, ...(healthy ? { hop: 'websocket' } : {}) }
}

function servers({ nginx, listening }: Inspection, hostPort: number): string[] {
  const ports = listening.filter(
    ({ port, program }) => port === hostPort || (port === 80 && program !== null && program !== 'nginx'),
  )
  return [
    ...(nginx.sameNameBlocks ?? []).map((file) => `the server block in ${file}`),
    ...ports.map(({ address, port, program }) => `${program ?? 'a program'} on ${address}:${port}`),
  ]
}

/** What these say is about files and a container that are not there. */
export const OURS_ALONE: readonly Rule['name'][] = [
  ...(['other-default-site', 'site-block-missing', 'body-limit', 'container-down', 'not-mapped'] as const),
  ...(['app-not-listening', 'health-wrong', 'websocket-not-upgraded'] as const),
]

export const BY_HAND_RULES: readonly Rule[] = [
  {
    name: 'served-by-hand',
    hop: 'nginx',
    when: 'the host has neither file nor container of ragstream-edge, and others have the name, the loopback port or port 80, or the page answers; told before all else, and instead of what is said of our own files',
    fix: 'two ways on: adopt: true in the file of the site takes over, whole, what that file can say; or take the server block and the container away, then npm run resync -- <site>',
    more: 'README, "You already run it by hand"',
    find: servedByHand,
  },
]
