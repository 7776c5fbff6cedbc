// What is wrong with a host beside a site that is live. Only the host's own look tells it, and the doctor says it too.
import type { Facts } from '../facts.ts'
import type { Rule, RuleHit } from './rule.ts'

type Told = Pick<Facts, 'inspection'>

/** MB. A small app's image and its layers while they are unpacked; a large one wants several times as much. */
const ROOM = 1024

function notKeptApart({ inspection }: Told): RuleHit | undefined {
  if (inspection?.keptApart !== false) return undefined
  const what = 'Docker was told iptables: false, and keeps the containers of this host not apart'
  return { what, breaks: false }
}

function diskLow({ inspection }: Told): RuleHit | undefined {
  const free = inspection?.diskFreeMb ?? ROOM
  if (free >= ROOM) return undefined
  return { what: `${free} MB are free where Docker keeps images: the next one may not fit`, breaks: false }
}

export const HOST_RULES: readonly (Rule & { readonly find: (facts: Told) => RuleHit | undefined })[] = [
  {
    name: 'not-kept-apart',
    hop: 'container',
    when: 'the inspection finds iptables: false in Docker’s daemon.json. The apps of this host can reach each other without nginx. The site can be live all the same',
    fix: 'on the host, remove "iptables" from /etc/docker/daemon.json, then `systemctl restart docker`',
    find: notKeptApart,
  },
  {
    name: 'disk-low',
    hop: 'container',
    when: `the inspection finds less than ${ROOM} MB free on the disk of Docker’s images. The site can be live all the same`,
    fix: 'on the host, `docker system df` shows what fills it. `docker image prune -a` removes all images without a container, also those that a rollback needs. Or use a larger volume',
    find: diskLow,
  },
]
