// What a site is: the one schema, with every field, its default and its errors. The JSON Schema for editors and the
// reference page are generated from it (scripts/generate.ts).

import * as v from 'valibot'
import { appErrors, appFields } from './app.ts'
import { describeIssues, type FieldError, misshapen } from './field-error.ts'
import { INSTANCE_ID } from './instance.ts'
import { fqdn } from './record.ts'
import {
  BODY_SIZE,
  choice,
  field,
  flag,
  IMAGE,
  LABEL,
  listOf,
  MEMORY,
  orNull,
  PATH_PART,
  required,
  TIME,
  text,
  whole,
  wholeNumber,
} from './schema.ts'
import { type Certificate, excessOf } from './site-certificate.ts'

const HOSTNAME = new RegExp(`^(?=.{1,253}$)(${LABEL}\\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])$`)

/** IPv4 or IPv6 with an optional prefix length; nginx tells on the host what this does not see. */
const NETWORK =
  /^((25[0-5]|2[0-4]\d|1?\d?\d)(\.(25[0-5]|2[0-4]\d|1?\d?\d)){3}(\/(3[0-2]|[12]?\d))?|[0-9a-f:]*:[0-9a-f:]*(\/(12[0-8]|1[01]\d|[1-9]?\d))?)$/
/** In any partition. Who may take the role, its own trust policy says. */
const ROLE_ARN = /^(?=.{1,256}$)arn:aws[a-z-]*:iam::[0-9]{12}:role\/([A-Za-z0-9+=,.@_-]+\/)*[A-Za-z0-9+=,.@_-]{1,64}$/

/** No half of a surrogate pair: it has no UTF-8 form, and so could not reach the host. */
const ENV_VALUE = /^([^\0\r\n\ud800-\udfff]|[\ud800-\udbff][\udc00-\udfff]){0,4096}$/

const hostname = text(HOSTNAME, 'a DNS name in lower case, such as app.example.com')
const zoneId = text(/^Z[A-Z0-9]{3,31}$/, 'a Route 53 hosted zone id, such as Z0123456789ABCDEFGHIJ')
const roleArn = text(ROLE_ARN, 'the ARN of an IAM role, such as arn:aws:iam::123456789012:role/ragstream-edge-dns')
const image = text(new RegExp(`^(?=.{1,255}$)${IMAGE}$`), 'an image reference, such as ragstream:1.4.0')
const port = wholeNumber(1, 65535)
const path = (example: string) => text(whole(`${PATH_PART}+`), `a Parameter Store path, such as ${example}`)
const memory = text(whole(MEMORY), 'a number with m or g, such as 1500m or 2g')
const bodySize = text(whole(BODY_SIZE), 'a number with k, m or g, such as 201m')
const time = text(whole(TIME), 'a number with s, m, h or d, such as 1h')
const network = text(NETWORK, 'an address or a network, such as 203.0.113.0/24')
const volume = text(whole(`${PATH_PART}+:${PATH_PART}+(:ro)?`), '/host/path:/container/path, with :ro for read-only')
const variable = text(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, 'a variable name: letters, digits, underscore')
const line = text(ENV_VALUE, 'one line of at most 4,096 characters')
const trait = text(/^(id|tag:[^\0\r\n]{1,128})$/, 'tag:<Key>, such as tag:Name, or id')
const traitValue = v.pipe(
  v.string(),
  v.minLength(1, 'the value of the tag, or the id'),
  v.maxLength(256, 'at most 256 characters'),
)
const selector = v.pipe(
  v.record(trait, traitValue),
  v.minEntries(1, 'at least one tag, such as { "tag:Name": "ragstream" }'),
)

const container = v.strictObject({
  port: field(port, 8501, 'Port on which the app listens inside the container.'),
  hostPort: field(
    port,
    8501,
    'Loopback port of the host that leads to the container: 127.0.0.1:<hostPort>. One per site on a host.',
  ),
  env: field(
    v.record(variable, line),
    {},
    'Environment of the container. No secrets: this document is readable to whoever may read parameters.',
  ),
  secretsPath: field(
    orNull(path('/ragstream/secrets')),
    null,
    'Parameter Store path of SecureStrings that the host reads with its own role into the environment of the container: one parameter of this name with lines KEY=VALUE (its role needs ssm:GetParameter, which AmazonSSMManagedInstanceCore has), or one below it for each key (ssm:GetParametersByPath); kms:Decrypt where the key is your own.',
  ),
  volumes: field(listOf(volume), [], 'Folders of the host that the container sees.'),
  memory: field(orNull(memory), null, 'Memory limit of the container; null is no limit.'),
  readOnlyRoot: field(flag, false, 'Mount the root file system of the container read-only.'),
  metadata: field(flag, false, 'Let the container reach the instance metadata, and so the role of the host.'),
  pids: field(
    wholeNumber(16, 4_194_304),
    4096,
    'Most processes and threads of the container together. PyTorch starts dozens of threads; one that starts them without end stops the host.',
  ),
  tmpSize: field(
    memory,
    '1g',
    'With readOnlyRoot: size of /tmp, which lies in memory. Without it the container writes to the disk of the host, and no limit of Docker holds there but on xfs with project quotas.',
  ),
  hostPorts: field(
    v.pipe(listOf(port), v.maxLength(15, 'at most 15 ports')),
    [],
    'TCP ports of the host itself that the container may ask, at host.docker.internal, such as [11434] for Ollama or [5432] for PostgreSQL; every other one is refused. A service there must listen for more than 127.0.0.1. A port that another container publishes is not among them: Docker keeps networks apart.',
  ),
  startTimeout: field(
    wholeNumber(5, 600, 'seconds'),
    60,
    'Seconds that a new container may take until its health path says that it is ready.',
  ),
})

const count = wholeNumber(1, 9999)

const proxy = v.strictObject({
  clientMaxBodySize: field(
    bodySize,
    '201m',
    'Largest request body. Streamlit allows uploads of 200 MB, and a form adds about 1 MB.',
  ),
  readTimeout: field(time, '1h', 'How long a silent WebSocket stays open.'),
  connectionsPerAddress: field(
    count,
    256,
    'Requests at once from one address (of IPv6 from one /64) to all sites of the host, an open page being one; what is more gets 429. An office shares one address, and so do all visitors behind a proxy before the host.',
  ),
  connections: field(
    orNull(count),
    null,
    'Requests to the site at once, an open page being one; what is more gets 429. Each takes up to two of worker_connections in nginx.conf, which all sites of a host share. null: three eighths of that number.',
  ),
  uploads: field(
    count,
    10,
    'Uploads at once to the site, of 10 MB or more or of a length that is not told, four in ten of them from one address; what is more gets 429. Together they take at most so many times clientMaxBodySize of the disk before the app has them.',
  ),
})

const access = v.strictObject({
  networks: field(listOf(network), [], 'Addresses and networks of visitors; empty: from anywhere.'),
  passwordsPath: field(
    orNull(path('/ragstream/visitors')),
    null,
    'Name of a SecureString with a line for each visitor, as `htpasswd -nB <name>` prints it; the host reads it with its own role at each run of its document, and not when the parameter changes. null: no password.',
  ),
  guesses: field(
    orNull(count),
    5,
    'Requests with a password in a second from one address, after the first 50, until one was right; what is more waits, and then gets 429. null: as many as come.',
  ),
})

export const siteSchema = v.strictObject({
  hostname: required(hostname, 'The name that visitors type.'),
  hostedZoneId: required(
    zoneId,
    'Id of the public hosted zone that holds the name. A zone name would not do: a public and a private zone can share it.',
  ),
  dnsRoleArn: field(
    orNull(roleArn),
    null,
    'For a zone in another account: a role there, which every call to Route 53 for this site takes on. The same for all sites of a zone; `npm run doctor` prints the policies that it needs. null: the zone lies in the account of the instances.',
  ),
  instances: required(
    selector,
    'Tags, or the `id` of one, that choose the instances among those that bear ragstream-edge:stage = <stage>; all of them must match. Whoever may tag an instance with both gets a part of the visitors: an `id` such as i-1234567890abcdef0 leaves nothing to choose.',
  ),
  image: required(
    image,
    'Container image. /ragstream-edge/<stage>/images/<hostname>, written by the CI of the app, wins over it.',
  ),
  pull: field(
    choice('auto', 'never', 'always'),
    'auto',
    'Whether a registry is asked for the image. auto: for one that is not on the host; for a tag that a run of this service pulled there; and for a name with a registry’s host whose image came from there. One that was built, loaded or renamed on the host under a name without a host, such as ragstream:1.4.0, stays: anybody may hold that name at Docker Hub. never: the image must be on the host. always: for every name, whatever is there. If a registry does not answer, the image that is there is used. A digest that is there is never asked for.',
  ),
  aliases: field(listOf(hostname), [], 'More names of the site, in the same zone.'),
  retired: field(listOf(hostname), [], 'Names that the site once had: they are parked.'),
  ttl: field(wholeNumber(1, 86400, 'seconds'), 60, 'TTL of the records, seconds.'),
  ipv6: field(
    flag,
    false,
    'Also keep an AAAA record with the IPv6 addresses of the instances. The host’s nginx listens on IPv6 where its kernel has it; the security group must admit it too.',
  ),
  onStop: field(
    choice('park', 'delete', 'keep'),
    'park',
    'What the record does while no instance runs. park: point at parkAddress; delete: the name vanishes, and resolvers may remember that for 15 minutes; keep: the old address stays, which may by then be somebody else’s.',
  ),
  parkAddress: field(
    v.pipe(v.string(), v.ipv4('an IPv4 address')),
    '192.0.2.1',
    'Address of a parked name. The default is reserved for documentation (RFC 5737) and leads nowhere.',
  ),
  container: field(container, {}, 'How the container is run.'),
  ...appFields,
  proxy: field(proxy, {}, 'How nginx passes requests on.'),
  rollout: required(
    v.optional(choice('overlap', 'replace')),
    'overlap: the new container runs beside the old one until it is healthy (default without volumes). replace: the old one stops first (default with volumes, which two containers could corrupt), and visitors wait in nginx until the new one is healthy.',
  ),
  adopt: field(
    flag,
    false,
    'Take over nginx files and a container that were set up by hand: whole, and only where this document says all that they do. What was there is kept on the host. false: it is listed, and nothing is changed.',
  ),
  probe: field(
    choice('public', 'host'),
    'public',
    'Whose look decides whether the site is live. public: a visitor’s, from outside. host: the host’s own, for visitors from addresses that the functions do not have: then silence from outside proves nothing. A security group that admits only some addresses does the same by itself.',
  ),
  tls: field(
    choice('off', 'acme'),
    'off',
    'acme: a certificate for hostname and aliases is obtained and renewed while the instance sleeps, and the host serves HTTPS (the security group must admit TCP 443); port 80 then leads there. It means that you agree to the terms of service of the authority (Let’s Encrypt, unless ACME_DIRECTORY names another). off: port 80 alone; Chrome warns before the first load of a site without HTTPS.',
  ),
  hsts: field(
    flag,
    false,
    'With tls: tell browsers to come by HTTPS alone for a year (Strict-Transport-Security). They remember it, and without tls could not come back: first set this to false, which tells them to forget it at their next visit, and only then set tls to off.',
  ),
  access: field(
    access,
    {},
    'With tls: who may come in. By default everybody. Until HTTPS is there nobody is let in: visitors get 503.',
  ),
})

export type Site = Required<v.InferOutput<typeof siteSchema>> & {
  /** The newest one that was obtained; of a parameter of its own, as the image may be. */
  readonly certificate?: Certificate
}

/** Of the account in which a site's zone lies; null for the account of the instances. */
export type DnsRole = Site['dnsRoleArn']

/** Every name that the site claims, as Route 53 spells it. */
export const namesOf = (site: Site): string[] => [site.hostname, ...site.aliases, ...site.retired].map(fqdn)

export type SiteResult =
  | { readonly ok: true; readonly site: Site }
  | { readonly ok: false; readonly errors: readonly FieldError[] }

/** Checks a site document and fills in its defaults. Every error at once, each with path, found and wanted. */
export function parseSite(document: unknown): SiteResult {
  const result = v.safeParse(siteSchema, document)
  const errors = [...misshapen(siteSchema, document), ...describeIssues(result.issues ?? [])]
  // A value that its pattern refuses is still compared with the others; one of another type cannot be.
  if (!result.typed) return { ok: false, errors }
  const site = withRollout(result.output)
  errors.push(...crossChecks(site))
  return errors.length > 0 ? { ok: false, errors } : { ok: true, site }
}

function withRollout(site: v.InferOutput<typeof siteSchema>): Site {
  return { ...site, rollout: site.rollout ?? (site.container.volumes.length > 0 ? 'replace' : 'overlap') }
}

function crossChecks(site: Site): FieldError[] {
  const names = namesOf(site)
  const twice = names.filter((name, index) => names.indexOf(name) !== index)
  const errors = twice.map((name) => ({
    path: 'aliases',
    found: JSON.stringify(name.slice(0, -1)),
    wanted: 'each name once among hostname, aliases and retired',
  }))
  if (site.rollout === 'overlap' && site.container.volumes.length > 0)
    errors.push({
      path: 'rollout',
      found: '"overlap"',
      wanted: '"replace": two containers on one volume can corrupt it',
    })
  const { id } = site.instances
  if (id !== undefined && !INSTANCE_ID.test(id))
    errors.push({ path: 'instances/id', found: JSON.stringify(id), wanted: 'an id such as i-1234567890abcdef0' })
  if (site.tls === 'off') errors.push(...withoutTls(site))
  const excess = site.tls === 'acme' ? excessOf(site) : undefined
  if (excess) errors.push({ path: 'aliases', ...excess })
  return [...errors, ...appErrors(site)]
}

/** A password would travel in the clear, and a browser must not be told what is not so. */
function withoutTls({ hsts, access }: Site): FieldError[] {
  const wanted = 'nothing without tls: set tls to "acme" too'
  return [
    ...(hsts ? [{ path: 'hsts', found: 'true', wanted }] : []),
    ...(access.networks.length > 0 ? [{ path: 'access/networks', found: 'a list', wanted }] : []),
    ...(access.passwordsPath
      ? [{ path: 'access/passwordsPath', found: JSON.stringify(access.passwordsPath), wanted }]
      : []),
  ]
}
