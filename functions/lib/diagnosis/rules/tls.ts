// Verdicts on HTTPS: whether 443 is reached at all, and whether a browser would take the certificate that is served there.

import { overdueCertificate } from '../../certificates/plan.ts'
import { hasAccess, pagePath } from '../../domain/app.ts'
import type { Facts } from '../facts.ts'
import { valueIn } from '../observation.ts'
import { isServedOutside, shown } from '../web.ts'
import { breaks, type Rule, type RuleHit } from './rule.ts'

function tlsClosed(facts: Facts): RuleHit | undefined {
  const { tlsGroups, tlsAcl, acl, instance, running, inspection } = facts
  if (!facts.site.certificate || isServedOutside(facts.seen)) return undefined
  const values = { group: instance?.groupIds[0] ?? '<group>' }
  const more = { breaks: running !== undefined, values }
  if (tlsGroups?.kind === 'none')
    return { what: `no rule of ${tlsGroups.by || 'its security groups'} admits TCP 443`, ...more }
  if (tlsAcl?.kind === 'none' && acl?.kind !== 'none') return { what: tlsAcl.by, hop: 'network ACL', ...more }
  return inspection?.firewall.port443 === 'closed' ? undefined : silentTls(facts, values)
}

/** Only beside a port 80 that answers: where everything is silent, another cause lies before this one. */
function silentTls(
  { seen, running, restricted }: Facts,
  values: Readonly<Record<string, string>>,
): RuleHit | undefined {
  const tls = valueIn(seen.tls)
  if (!running || !tls || tls.kind === 'served' || valueIn(seen.port80) !== 'open') return undefined
  const address = `${running.publicIp}:443`
  if (tls.kind === 'refused') return breaks(`${address} refuses connections: nothing serves HTTPS`, { hop: 'nginx' })
  if (tls.kind === 'ended')
    return breaks(`${address} ends the handshake for the site’s name: no block serves it`, { hop: 'nginx' })
  return restricted ? undefined : breaks(`${address} does not answer, and port 80 does`, { hop: 'port 80', values })
}

function missing({ site, running, opens }: Facts): RuleHit | undefined {
  if (site.tls !== 'acme' || site.certificate) return undefined
  const what = 'tls is on, and no certificate was obtained yet'
  if (!hasAccess(site)) return { what: `${what}: port 80 serves without HTTPS`, breaks: false }
  const visitors = opens ? 'and yet port 80 lets everybody in' : 'so that port 80 answers them with 503'
  return { what: `${what}: access lets visitors in by HTTPS only, ${visitors}`, breaks: running !== undefined }
}

function expired(facts: Facts): RuleHit | undefined {
  const certificate = shown(facts)
  if (!certificate) return storedExpired(facts)
  if (certificate.validTo > facts.seen.at) return undefined
  return breaks(`the certificate that is served expired at ${new Date(certificate.validTo).toISOString()}`)
}

/** Trouble of the next start: renewals have failed for a month. */
function storedExpired({ site, seen }: Facts): RuleHit | undefined {
  const notAfter = site.certificate?.notAfter
  if (notAfter === undefined || Date.parse(notAfter) > seen.at) return undefined
  return { what: `the certificate that is stored expired at ${notAfter}, and none was obtained since`, breaks: false }
}

/** Trouble of a month later, while there is time. */
function overdue({ site, seen }: Facts): RuleHit | undefined {
  const what = overdueCertificate(site, seen.at)
  return what === undefined ? undefined : { what, breaks: false }
}

function wrongName(facts: Facts): RuleHit | undefined {
  const certificate = shown(facts)
  if (!certificate || certificate.lacks.length === 0) return undefined
  const { names, lacks } = certificate
  const what = `the certificate is for ${names.join(', ') || 'no name'}, and not for ${lacks.join(', ')}`
  // A new alias is served as soon as a certificate with it has been obtained, a minute or two later.
  return { what, breaks: lacks.includes(facts.site.hostname) }
}

function chainIncomplete(facts: Facts): RuleHit | undefined {
  const certificate = shown(facts)
  if (certificate?.chain !== 'incomplete') return undefined
  return breaks(`only the certificate itself is served, without the one of ${certificate.issuer} that signed it`)
}

/** Visitors may know an authority that this function does not, so that nothing is broken for sure. */
function untrusted(facts: Facts): RuleHit | undefined {
  const certificate = shown(facts)
  if (certificate?.chain !== 'untrusted' || expired(facts) || wrongName(facts)) return undefined
  return { what: `the certificate is of an authority that is not known here: ${certificate.issuer}`, breaks: false }
}

/** Where HTTPS answers with a way to the same page: port 80 leads there, and so nobody arrives. */
export function redirectLoop({ seen, site }: Facts): RuleHit | undefined {
  const answer = valueIn(seen.webSocket)
  if (!site.certificate || answer?.kind !== 'answer' || !answer.location || answer.status < 300 || answer.status > 399)
    return undefined
  const asked = `https://${site.hostname}${pagePath(site)}`
  const target = URL.parse(answer.location, asked)
  if (target?.hostname !== site.hostname || target.pathname !== new URL(asked).pathname) return undefined
  return breaks(`${asked} leads to ${answer.location} (${answer.status}), and port 80 leads to HTTPS: a circle`)
}

const OBTAIN =
  'npm run resync -- <site> brings the newest certificate to the host; the log of the function certificate says whether one was obtained'

export const TLS_RULES: readonly Rule[] = [
  {
    name: 'tls-closed',
    hop: 'security group',
    when: 'the site has a certificate, and no rule admits TCP 443, or 443 is silent, refuses or ends the handshake while port 80 answers',
    fix: 'aws ec2 authorize-security-group-ingress --group-id <group> --protocol tcp --port 443 --cidr 0.0.0.0/0; where the rules admit it: npm run resync -- <site>, then on the host ss -ltn sport = :443 and iptables -S',
    find: tlsClosed,
  },
  {
    name: 'certificate-missing',
    hop: 'nginx',
    when: 'the site wants HTTPS, and no certificate is stored for it; it is served by port 80 as without, or with `access` not at all, which breaks it',
    fix: 'a minute or two after the deploy it is on its way, and then reaches the host; later the log of the function certificate says what hinders it, and a notice CertificateNotObtained',
    more: 'a minute or two after the deploy it is on its way; more at `CertificateNotObtained` in the runbook. Until then the site is live by port 80, where Chrome warns; with `access` nobody is let in (503)',
    find: missing,
  },
  {
    name: 'certificate-overdue',
    hop: 'nginx',
    when: 'two thirds of the life of the stored certificate and three days more are over (of a short one: half of the rest), and none was obtained since; told beside a live site',
    fix: 'does the rule CertificatesDueRule stand and is it enabled, and what do the log of the function certificate and CertificateDeadLetters say? A look at once: the runbook, "Certificates"',
    more: 'is `CertificatesDueRule` enabled, what says the log of `certificate`, and its dead letters? The schedule’s `resync` counts it as `OpenProblem`',
    find: overdue,
  },
  {
    name: 'certificate-expired',
    hop: 'nginx',
    when: 'the certificate that 443 serves is past its end, seen from outside, where that is not let in by the host itself; while nobody serves it, the stored one',
    fix: OBTAIN,
    more: 'if there is no newer one: `CertificateNotObtained` in the runbook',
    find: expired,
  },
  {
    name: 'certificate-wrong-name',
    hop: 'nginx',
    when: 'the certificate does not bear the hostname; or, which breaks nothing else, an alias',
    fix: OBTAIN,
    more: 'if there is none for these names: `CertificateNotObtained` in the runbook',
    find: wrongName,
  },
  {
    name: 'certificate-chain-incomplete',
    hop: 'nginx',
    when: 'the certificate is served without the intermediate that signed it: browsers that do not know that one refuse it',
    fix: 'the block of the site serves its own file, or another one: on the host, openssl s_client -showcerts -connect 127.0.0.1:443 -servername <site>; then npm run resync -- <site>',
    more: 'somebody’s own block serves 443: `nginx -T` on the host',
    find: chainIncomplete,
  },
  {
    name: 'certificate-untrusted',
    hop: 'nginx',
    when: 'the chain is whole and ends at an authority that the function does not know, as that of a staging directory; told beside a live site',
    fix: 'is ACME_DIRECTORY (serverless.yml) a staging one? An authority of your own is given to functions by NODE_EXTRA_CA_CERTS',
    more: 'a staging directory, or an authority of your own',
    find: untrusted,
  },
  {
    name: 'redirect-loop',
    hop: 'nginx',
    when: 'HTTPS answers with a redirect to the same page, and port 80 leads to HTTPS',
    fix: 'remove the redirect: on the host, nginx -T | grep -n return; what is in the site’s own file, npm run resync -- <site> writes anew once the file is removed',
    find: redirectLoop,
  },
]
