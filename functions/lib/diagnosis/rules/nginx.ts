// Verdicts on nginx: whether it runs, what it serves for the site's name and for an unknown one, and its body limit.
import type { Inspection } from '../../hosts/inspection.ts'
import type { Facts } from '../facts.ts'
import { UPLOAD_BYTES, valueIn } from '../observation.ts'
import { BY_NGINX, described, isReady, isStopped, isUp, likeStrangers, statusOf } from '../web.ts'
import { breaks, type Rule, type RuleHit } from './rule.ts'

function nginxDown({ inspection, healthy, seen }: Facts): RuleHit | undefined {
  const answers = healthy && valueIn(seen.port80) !== 'refused'
  if (!inspection || !isStopped(inspection) || answers) return undefined
  // The inspection's own nginx -t listens for a moment: where a connection is refused, nobody does.
  const holder = inspection.listening.find(
    ({ port, program }) => port === 80 && !(program === 'nginx' && inspection.nginx.unknownHost === 'refused'),
  )
  const error = inspection.nginx.error ? `; its configuration does not load: ${inspection.nginx.error}` : ''
  return breaks(
    `nginx does not run${holder ? `, and ${holder.program ?? 'another program'} holds port 80` : ''}${error}`,
  )
}

/** The host's word that nginx serves our block for the name; undefined without an inspection. */
const served = ({ inspection }: Facts): boolean | undefined =>
  inspection && inspection.rendering.live !== null && inspection.rendering.live === inspection.rendering.file

/** What an unknown Host gets is a page; undefined where it was not seen. */
function strangersGetPage({ seen, inspection }: Facts): boolean | undefined {
  const outside = valueIn(seen.unknownHost)
  if (outside && outside.kind !== 'silent') return outside.kind === 'answer'
  const host = inspection?.nginx.unknownHost
  return host === undefined || host === null ? undefined : host === 'site'
}

function otherDefault(facts: Facts): RuleHit | undefined {
  const { healthy, seen, inspection } = facts
  if (!strangersGetPage(facts) || isStopped(inspection)) return undefined
  const answer = valueIn(seen.unknownHost)
  const what = `an unknown Host gets an answer${answer ? `: ${described(answer)}` : ''}; wanted none`
  const others = inspection?.nginx.sameNameBlocks ?? []
  const instead = served(facts) === false || (served(facts) === undefined && likeStrangers(facts))
  if (healthy || !instead) return { what, breaks: false }
  if (inspection)
    return breaks(
      `${what}, and ${facts.site.hostname} gets the same${others.length > 0 ? ` (${others.join(', ')})` : ''}`,
    )
  const how = 'on the host, `nginx -T | grep -n server_name`: without a block for the name it is missing, else shadowed'
  return breaks(`${what}, and ${facts.site.hostname} gets the same`, { or: { name: 'site-block-missing', how } })
}

function blockMissing(facts: Facts): RuleHit | undefined {
  const { inspection, healthy, health, site } = facts
  if (healthy || isStopped(inspection) || !health) return undefined
  if (inspection) return blockSeen(facts, inspection)
  if (health.answer.kind !== 'ended') return undefined
  const how =
    'on the host, `nginx -T` shows the block for the name; then `docker ps -a` and the log of nginx tell who ended the connection'
  return breaks(`${site.hostname} gets what an unknown Host gets: ${described(health.answer)}`, {
    or: { name: 'app-not-listening', how },
  })
}

/** Other server blocks of the name; or the reason why the host could not be asked. */
function rivals({ error, sameNameBlocks: files }: Inspection['nginx']): string {
  if (files) return files.length > 0 ? `; ${files.join(', ')} claims the name too` : ''
  return error ? '' : '; whether another file claims the name was not seen (is python3 on the host?)'
}

function blockSeen(facts: Facts, { rendering, nginx, answers }: Inspection): RuleHit | undefined {
  const { site } = facts
  const others = rivals(nginx)
  const error = nginx.error ? `; the configuration does not load: ${nginx.error}` : ''
  if (rendering.file === null) return breaks(`nginx has no server block for ${site.hostname}${others}${error}`)
  if (rendering.live === null) {
    // A block without the mark answers the name; where the app behind it is bad, that is the cause.
    return BY_NGINX.includes(statusOf(facts) ?? 0) && !others
      ? undefined
      : breaks(`the block for ${site.hostname} is on the host, and nginx does not serve it${others}${error}`)
  }
  if (rendering.live !== rendering.file)
    return breaks(`nginx serves an older block for ${site.hostname} than its file holds${error}`)
  // The app is well, nginx serves our block, and yet its answer is another one: the block leads elsewhere.
  const through = answers.nginx?.status ?? 0
  const elsewhere = isReady(site, answers) && !isUp(site, answers) && through > 0
  return elsewhere && !BY_NGINX.includes(through)
    ? breaks(`the block for ${site.hostname} leads elsewhere than to the app on 127.0.0.1:${site.container.hostPort}`)
    : undefined
}

/** Bytes of nginx's size with unit; `k m g` as the site's pattern has them. */
const bytesOf = (size: string): number => Number.parseInt(size, 10) * 1024 ** ('kmg'.indexOf(size.at(-1)!) + 1)

function bodyLimit(facts: Facts): RuleHit | undefined {
  const { seen, site } = facts
  const upload = valueIn(seen.upload)
  if (upload?.kind !== 'answer' || upload.status !== 413 || bytesOf(site.proxy.clientMaxBodySize) < UPLOAD_BYTES)
    return undefined
  if (otherDefault(facts)?.breaks || blockMissing(facts)) return undefined
  return breaks(`an upload of 2 MB is refused (413); wanted ${site.proxy.clientMaxBodySize}`)
}

export const NGINX_RULES: readonly Rule[] = [
  {
    name: 'nginx-down',
    hop: 'nginx',
    when: 'the inspection finds that nginx does not run',
    fix: 'on the host, `nginx -t` shows errors of its configuration. Mend them, then `systemctl start nginx`',
    find: nginxDown,
  },
  {
    name: 'other-default-site',
    hop: 'nginx',
    when: 'a request with an unknown Host gets a page: another default server answers before ours. It breaks the site if the site’s own name gets that page too',
    fix: 'on the host, `nginx -T | grep -n default_server` finds the other default server. Remove it, or give it a name',
    rivals: ['site-block-missing'],
    find: otherDefault,
  },
  {
    name: 'site-block-missing',
    hop: 'nginx',
    when: 'nginx does not serve the site’s server block: its file is missing or not loaded, or another block has the same name',
    fix: './edge resync <site> <target> configures the host again. If that fails, `nginx -t` on the host names the error',
    more: 'Then see "What a host says" in the runbook',
    rivals: ['app-not-listening'],
    find: blockMissing,
  },
  {
    name: 'body-limit',
    hop: 'nginx',
    when: 'the headers of a 2 MB upload get 413, although the site allows larger uploads',
    fix: 'on the host, remove /etc/nginx/conf.d/ragstream-edge-<site>.conf. Then ./edge resync <site> <target> writes it again, with the limit of the site’s file in resources/sites',
    more: 'Somebody changed the nginx file',
    find: bodyLimit,
  },
]
