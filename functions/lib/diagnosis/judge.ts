// The verdict: from what was seen to the causes, the hops and one sentence. Pure; the table is docs/verdicts.md.

import { type BrokenSite, describeBrokenSite, type SiteSet } from '../domain/site-set.ts'
import { aimed } from '../steps/place.ts'
import { type Cause, type Diagnosis, HOPS, type Hop } from './diagnosis.ts'
import { type Facts, factsOf } from './facts.ts'
import { hopsOf } from './hops.ts'
import type { Observation } from './observation.ts'
import { pictureOf } from './picture.ts'
import { AGENT_RULES } from './rules/agent.ts'
import { APP_RULES } from './rules/app.ts'
import { BY_HAND_RULES, OURS_ALONE } from './rules/by-hand.ts'
import { INSTANCE_RULES } from './rules/instance.ts'
import { NETWORK_RULES } from './rules/network.ts'
import { NGINX_RULES } from './rules/nginx.ts'
import { RECORD_RULES } from './rules/record.ts'
import type { Rule, RuleHit } from './rules/rule.ts'
import { TLS_RULES } from './rules/tls.ts'
import { isServedOutside, shown } from './web.ts'

/** Every rule, in the order of the hops. */
export const RULES: readonly Rule[] = [
  ...INSTANCE_RULES,
  ...AGENT_RULES,
  ...RECORD_RULES,
  ...NETWORK_RULES,
  ...BY_HAND_RULES,
  ...NGINX_RULES,
  ...TLS_RULES,
  ...APP_RULES,
].toSorted((a, b) => HOPS.indexOf(a.hop) - HOPS.indexOf(b.hop))

interface Found {
  readonly cause: Cause
  readonly hit: RuleHit
}

/** @param tookMs milliseconds that the probes took */
export function judge(observation: Observation, tookMs: number): Diagnosis {
  const facts = factsOf(observation)
  const all = RULES.flatMap((rule) => {
    const hit = rule.find(facts)
    return hit ? [{ cause: causeOf(rule, hit, facts), hit }] : []
  }).toSorted((a, b) => HOPS.indexOf(a.cause.hop) - HOPS.indexOf(b.cause.hop))
  return finished({ ...judged(facts, ledByHand(all)), at: new Date(observation.at).toISOString(), tookMs })
}

/** A host that is served by hand: that first, and nothing of what is not there. */
function ledByHand(found: readonly Found[]): readonly Found[] {
  const byHand = found.find(({ cause }) => cause.name === 'served-by-hand')
  if (!byHand) return found
  return [byHand, ...found.filter((one) => one !== byHand && !OURS_ALONE.includes(one.cause.name))]
}

function judged(facts: Facts, found: readonly Found[]): Omit<Diagnosis, 'path' | 'at' | 'tookMs'> {
  const causes = found.map(({ cause }) => cause)
  const breaking = found.filter(({ hit }) => hit.breaks).map(({ cause }) => cause)
  const hops = hopsOf(facts, breaking)
  const verdict = verdictOf(facts, hops, breaking)
  const sentence = sentenceOf(facts, verdict, causes, breaking, hops)
  return { site: facts.site.hostname, verdict, restricted: facts.restricted, sentence, causes, hops }
}

function causeOf({ name, hop, fix }: Rule, hit: RuleHit, { site, instance, seen: { place } }: Facts): Cause {
  const own = { site: site.hostname, ...(instance ? { instance: instance.id } : {}) }
  const values: Readonly<Record<string, string>> = { ...own, ...hit.values }
  const filled = (text: string) => aimed(text, place).replace(/<(\w+)>/g, (whole, key: string) => values[key] ?? whole)
  const { what, or } = hit
  return {
    name,
    hop: hit.hop ?? hop,
    what,
    fix: filled(hit.fix ?? fix),
    ...(or ? { or: { ...or, how: filled(or.how) } } : {}),
  }
}

function verdictOf(facts: Facts, hops: readonly Hop[], breaking: readonly Cause[]): Diagnosis['verdict'] {
  if (breaking.length > 0) return 'broken'
  if (facts.instance && facts.atRest && facts.records !== undefined) return 'asleep'
  const record = hops.find(({ hop }) => hop === 'record')
  const works = facts.healthy && facts.opens
  return record?.state === 'ok' && works && reachesVisitors(facts) ? 'live' : 'unknown'
}

/**
 * What the host sees of itself is what visitors get only where the account's rules are known to lead to it, where it has
 * seen the certificate that they are shown, and where nobody outside was asked in vain.
 */
function reachesVisitors(facts: Facts): boolean {
  const { health, webSocket, routes, acl, groups, tlsAcl, tlsGroups, restricted, seen } = facts
  const served = !seen.site.certificate || isServedOutside(seen)
  if (health?.from === 'outside' && webSocket?.from === 'outside' && served) return true
  const ways = [routes, acl, groups, ...(seen.site.certificate ? [tlsAcl, tlsGroups] : [])]
  const open = ways.every((admission) => admission && admission.kind !== 'none')
  const certified = !seen.site.certificate || shown(facts) !== undefined
  return (
    open &&
    certified &&
    (restricted || [seen.port80, seen.health, seen.webSocket, seen.tls].every(({ kind }) => kind === 'not asked'))
  )
}

function sentenceOf(
  facts: Facts,
  verdict: Diagnosis['verdict'],
  causes: readonly Cause[],
  breaking: readonly Cause[],
  hops: readonly Hop[],
): string {
  const name = facts.site.hostname
  const others = causes.filter((cause) => cause !== breaking[0]).map((cause) => cause.name)
  const besides = others.length > 0 ? ` (besides: ${[...new Set(others)].join(', ')})` : ''
  if (causes[0]?.name === 'served-by-hand') {
    const other = breaking.find((cause) => cause !== causes[0])
    return `${causes[0].what}${other ? `; it is broken at ${other.hop}: ${other.what}` : ''}`
  }
  if (verdict === 'broken') return `${name} is broken at ${breaking[0]!.hop}: ${breaking[0]!.what}${besides}`
  if (verdict === 'asleep') return `${name} is asleep: ${causes[0]?.what ?? 'no instance runs'}`
  if (verdict === 'live') {
    const where = `${facts.addresses.join(', ')} says ok and ${facts.site.websocket === null ? 'answers /' : 'opens the WebSocket'}`
    const by = facts.health?.from === 'host' ? ', as the host itself sees it' : ''
    return `${name} is live: ${where}${by}${besides}`
  }
  const open = hops.filter(({ state }) => state !== 'ok').map(({ hop, evidence }) => `${hop} (${evidence})`)
  return `${name}: nothing is proved to be broken, and not everything was seen: ${open.join('; ')}${besides}`
}

const finished = (diagnosis: Omit<Diagnosis, 'path'>): Diagnosis => ({ ...diagnosis, path: pictureOf(diagnosis) })

/** A diagnosis that ends before any probe: the document of the site has errors. */
export const brokenSite = (broken: BrokenSite, at: number, tookMs: number): Diagnosis =>
  withoutLook(broken.hostname, at, tookMs, {
    name: 'site-broken',
    what: describeBrokenSite(broken),
    fix: 'put each field right in resources/sites and deploy; a wrong image, in its images/ parameter',
  })

/** A diagnosis that ends before any probe, because the site is not declared. */
export function unknownSite(hostname: string, { sites, broken }: SiteSet, at: number, tookMs: number): Diagnosis {
  const declared = [...sites, ...broken].map((one) => one.hostname).sort()
  return withoutLook(hostname, at, tookMs, {
    name: 'site-unknown',
    what: `no site ${hostname} is declared; declared: ${declared.join(', ') || 'none'}`,
    fix: `declare it in resources/sites/${hostname}.json and deploy, or correct the name`,
  })
}

function withoutLook(
  site: string,
  at: number,
  tookMs: number,
  { name, what, fix }: Pick<Cause, 'name' | 'what' | 'fix'>,
): Diagnosis {
  const hops = HOPS.map((hop): Hop => ({ hop, state: 'not reached', evidence: 'nothing was looked at' }))
  return finished({
    site,
    at: new Date(at).toISOString(),
    tookMs,
    verdict: 'broken',
    restricted: false,
    sentence: what,
    causes: [{ name, hop: 'instance', what, fix }],
    hops,
  })
}
