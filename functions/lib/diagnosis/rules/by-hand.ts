// A host that somebody set up by hand, and on which no configuration of ours was ever live. Nothing of ours is there that could be broken.
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
    when: 'the host has no file or container of ragstream-edge. Something else serves the name, another program has the loopback port or port 80, or visitors get a page',
    fix: 'either write adopt: true in the site’s file, and deploy: ragstream-edge takes the site over if the site’s file can express everything that is set up there. Or remove the server block and the container yourself, then ./edge resync <site> <target>',
    more: 'See "You already serve the site by hand" in the README',
    find: servedByHand,
  },
]
