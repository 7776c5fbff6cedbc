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
  './edge resync <site> <target> brings the newest certificate to the host. The log of the function certificate says whether there is one'

export const TLS_RULES: readonly Rule[] = [
  {
    name: 'tls-closed',
    hop: 'security group',
    when: 'the site has a certificate, but no rule allows TCP 443; or port 80 answers, and port 443 is silent, refuses or ends the handshake',
    fix: 'aws ec2 authorize-security-group-ingress --region <region> --group-id <group> --protocol tcp --port 443 --cidr 0.0.0.0/0; if the rules allow it already, ./edge resync <site> <target>. If that does not help, on the host `ss -ltn sport = :443` shows whether nginx listens. `iptables -S` shows whether a rule drops port 443',
    find: tlsClosed,
  },
  {
    name: 'certificate-missing',
    hop: 'nginx',
    when: 'the site wants HTTPS, but no certificate is stored. Port 80 serves the site. A site with `access` is not served: it is broken',
    fix: 'wait two minutes after the first deploy. After that, the log of the function certificate has the reason, and a notice CertificateNotObtained comes',
    more: 'Until then Chrome warns of HTTP. With `access` all visitors get 503. See `CertificateNotObtained` in the runbook',
    find: missing,
  },
  {
    name: 'certificate-overdue',
    hop: 'nginx',
    when: 'the stored certificate should have been renewed three days ago, and was not. (For a certificate with a short life: five sixths of its life have passed.) The site can be live all the same',
    fix: 'check that the EventBridge rule CertificatesDueRule is enabled. Then read the log of the function certificate, and the queue CertificateDeadLetters. The runbook, "Certificates", tells how to try at once',
    more: 'The schedule’s `resync` counts it as `OpenProblem`',
    find: overdue,
  },
  {
    name: 'certificate-expired',
    hop: 'nginx',
    when: 'the certificate on port 443 has expired, or port 443 does not answer and the stored certificate has expired',
    fix: OBTAIN,
    more: 'If there is no newer certificate, see `CertificateNotObtained` in the runbook',
    find: expired,
  },
  {
    name: 'certificate-wrong-name',
    hop: 'nginx',
    when: 'the certificate does not have the hostname. If it lacks only an alias, the site’s own name still works',
    fix: OBTAIN,
    more: 'If there is no certificate for these names, see `CertificateNotObtained` in the runbook',
    find: wrongName,
  },
  {
    name: 'certificate-chain-incomplete',
    hop: 'nginx',
    when: 'nginx serves the certificate without the intermediate certificate that signed it. Browsers that do not know the intermediate refuse the site',
    fix: 'on the host, `openssl s_client -showcerts -connect 127.0.0.1:443 -servername <site>` shows what nginx serves. ./edge resync <site> <target> writes the site’s own file again',
    more: 'Often another server block serves port 443: see `nginx -T` on the host',
    find: chainIncomplete,
  },
  {
    name: 'certificate-untrusted',
    hop: 'nginx',
    when: 'the chain is complete, but ends at an authority that the function does not know, for example a staging directory. The site can be live all the same',
    fix: 'check ACME_DIRECTORY in serverless.yml: it must not be a staging directory. If the authority is your own, give it to the functions by NODE_EXTRA_CA_CERTS',
    find: untrusted,
  },
  {
    name: 'redirect-loop',
    hop: 'nginx',
    when: 'HTTPS redirects to the same page, and port 80 redirects to HTTPS',
    fix: 'on the host, `nginx -T | grep -n return` finds the redirect. Remove it. If it is in the site’s own file /etc/nginx/conf.d/ragstream-edge-<site>.conf, remove the file, then ./edge resync <site> <target> writes it again',
    find: redirectLoop,
  },
]
