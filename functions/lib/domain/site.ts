// What a site is: the one schema, with every field, its default and its errors. The JSON Schema for editors and the
// reference page are generated from it (scripts/generate.ts).

import * as v from 'valibot'
import { appFields } from './app.ts'
import { describeIssues, type FieldError, misshapen } from './field-error.ts'
import { doorSchema } from './fields/door.ts'
import { idleSchema } from './fields/idle.ts'
import { RULES } from './fields/rules.ts'
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
import type { Certificate } from './site-certificate.ts'

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
    'Loopback port of the host that leads to the container: 127.0.0.1:<hostPort>. Each site on the same host needs a different port.',
  ),
  env: field(
    v.record(variable, line),
    {},
    'Environment variables of the container. No secrets: everybody who may read parameters can read the values.',
  ),
  secretsPath: field(
    orNull(path('/ragstream/secrets')),
    null,
    'Parameter Store path of SecureStrings. The host reads them with its own role, and the container gets them as variables. Either one parameter with this name holds lines KEY=VALUE: the role needs only AmazonSSMManagedInstanceCore. Or each key is a separate parameter below this path: the role also needs ssm:GetParametersByPath. With your own KMS key, the role also needs kms:Decrypt.',
  ),
  volumes: field(listOf(volume), [], 'Folders of the host that the container sees.'),
  memory: field(orNull(memory), null, 'Memory limit of the container. null: no limit.'),
  readOnlyRoot: field(flag, false, 'Mount the root file system of the container read-only.'),
  metadata: field(flag, false, 'Let the container reach the instance metadata, and so the role of the host.'),
  pids: field(
    wholeNumber(16, 4_194_304),
    4096,
    'Limit of processes and threads together. PyTorch starts dozens of threads. Without a limit an app could stop the host.',
  ),
  tmpSize: field(
    memory,
    '1g',
    'With readOnlyRoot: size of /tmp, which is in memory. Without readOnlyRoot this field has no effect: the container writes to the disk of the host, without a limit.',
  ),
  hostPorts: field(
    v.pipe(listOf(port), v.maxLength(15, 'at most 15 ports')),
    [],
    'TCP ports of the host itself that the container may use, at host.docker.internal, such as [11434] for Ollama or [5432] for PostgreSQL. The host refuses all other ports. A service that listens only on 127.0.0.1 cannot be reached: let it listen on other addresses too. If the service runs in another container, the container must publish its port on all addresses.',
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
    'How many requests one address may have at once, at all sites of the host together. A /64 of IPv6 counts as one address. An open page counts as one request. Further requests get 429. All visitors of an office, or behind a proxy, share one address.',
  ),
  connections: field(
    orNull(count),
    null,
    'How many requests the site may have at once. An open page counts as one request. Further requests get 429. Each request uses up to two of the worker_connections in nginx.conf, which all sites share. null: three eighths of worker_connections.',
  ),
  uploads: field(
    count,
    10,
    'How many large uploads run at once. Large: 10 MB or more, or without Content-Length. One address may have 40 percent of this number, by default 4. Further uploads get 429. All together use at most uploads × clientMaxBodySize of disk.',
  ),
})

const access = v.strictObject({
  networks: field(listOf(network), [], 'Needs tls. Allowed addresses and networks of visitors. Empty: all.'),
  passwordsPath: field(
    orNull(path('/ragstream/visitors')),
    null,
    'Needs tls. Name of a SecureString with a line for each visitor, as `htpasswd -nB <name>` prints it. The host reads it with its own role at each run, not when the list changes. null: no password.',
  ),
  guesses: field(
    orNull(count),
    5,
    'Limit of requests with a password, for each visitor’s address. The first 50 requests pass at once. After them, the address may send this number a second. At most 50 more requests wait. All others get 429. After a right password there is no limit. null: no limit.',
  ),
})

export const siteSchema = v.strictObject({
  hostname: required(hostname, 'The name that visitors type.'),
  hostedZoneId: required(
    zoneId,
    'Id of the public hosted zone. Do not write its name: a private zone can have the same name.',
  ),
  dnsRoleArn: field(
    orNull(roleArn),
    null,
    'For a zone in another account: a role in that account. All calls to Route 53 for this site use this role. All sites of a zone need the same role. `./edge doctor` prints the policies of the role. null: the zone is in the account of the instances.',
  ),
  instances: required(
    selector,
    'Either tags, or the `id` of one instance. An instance must have all these tags, and also the tag ragstream-edge:stage = <stage>. A person who may set these tags on another instance can get some of the visitors. An `id` such as i-1234567890abcdef0 prevents this.',
  ),
  image: required(
    image,
    'Container image. It is ignored if the parameter /ragstream-edge/<stage>/images/<hostname> exists. `./edge rollout` writes this parameter.',
  ),
  pull: field(
    choice('auto', 'never', 'always'),
    'auto',
    'When a run pulls the image. auto: if the image is not on the host. If it is there, a run asks for a newer one in two cases: an earlier run pulled this name, or the name begins with a registry, such as ghcr.io, and the image came from it. auto never replaces an image such as ragstream:1.4.0 that was built, loaded or renamed on the host. A stranger may own this name at Docker Hub. never: the image must be on the host. always: at each run. If a registry does not answer, the image on the host is used. An image with a digest is pulled only once.',
  ),
  aliases: field(listOf(hostname), [], 'More names of the site, in the same zone.'),
  retired: field(listOf(hostname), [], 'Names that the site once had. They are parked.'),
  ttl: field(wholeNumber(1, 86400, 'seconds'), 60, 'TTL of the records, seconds.'),
  parkTtl: field(wholeNumber(1, 86400, 'seconds'), 10, 'TTL of a parked name, seconds.'),
  ipv6: field(
    flag,
    false,
    'Also write an AAAA record with the IPv6 addresses of the instances. nginx listens on IPv6 if the kernel of the host has it. The security group must allow it too.',
  ),
  onStop: field(
    choice('park', 'delete', 'keep'),
    'park',
    'The record while no instance runs. park: it has parkAddress. delete: there is no record, and resolvers can remember for 15 minutes that there is none. keep: it has the old address, which may belong to a stranger.',
  ),
  parkAddress: field(
    v.pipe(v.string(), v.ipv4('an IPv4 address')),
    '192.0.2.1',
    'Address of a parked name. The default is reserved for documentation (RFC 5737): nobody answers there.',
  ),
  container: field(container, {}, 'How the container is run.'),
  ...appFields,
  proxy: field(proxy, {}, 'How nginx passes requests on.'),
  rollout: required(
    v.optional(choice('overlap', 'replace')),
    'overlap: the old container serves until the new one is healthy (default without volumes). replace: the old container stops first, and visitors wait in nginx (default with volumes, because two containers could corrupt a volume).',
  ),
  adopt: field(
    flag,
    false,
    'Take over nginx files and a container set up by hand. A run takes over all of them, or none. So the site’s file must express all their settings. The host keeps the old files and container. false: a run lists them and changes nothing.',
  ),
  probe: field(
    choice('public', 'host'),
    'public',
    'From where a check decides whether the site is live. public: from outside. host: from the host itself. Use host if the functions cannot reach the site, but visitors can. If the security group admits only some addresses, ragstream-edge always uses host.',
  ),
  tls: field(
    choice('off', 'acme'),
    'off',
    'acme: the host serves HTTPS, and port 80 redirects to it. The certificate for hostname and aliases is renewed also while the instance sleeps. The security group must admit TCP 443. With acme you agree to the terms of service of the certificate authority. This is Let’s Encrypt, unless you change ACME_DIRECTORY in serverless.yml. off: only port 80. Chrome warns before the first visit.',
  ),
  hsts: field(
    flag,
    false,
    'With tls: browsers use only HTTPS for a year (Strict-Transport-Security). Browsers remember this. So before you set tls to off, set hsts to false, and wait: each browser forgets it at its next visit.',
  ),
  access: field(
    access,
    {},
    'With tls: who may visit. By default everybody. Until there is a certificate, all visitors get 503.',
  ),
  idle: field(
    orNull(idleSchema),
    null,
    'Stops the instance when nobody has used any of its sites for a while. An open tab counts as use. Every site on the instance must have idle. Otherwise the instance stays awake. null: nothing stops it.',
  ),
  door: field(
    orNull(doorSchema),
    null,
    'A page with a button that starts the site ([how](door.md)). `{}` is enough. null: none.',
  ),
})

export type Site = Required<v.InferOutput<typeof siteSchema>> & {
  /** The newest one that was obtained; of a parameter of its own, as the image may be. */
  readonly certificate?: Certificate
}

/** Of the account in which a site's zone lies; null for the account of the instances. */
export type DnsRole = Site['dnsRoleArn']

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
  errors.push(...RULES.flatMap((rule) => rule(site)))
  return errors.length > 0 ? { ok: false, errors } : { ok: true, site }
}

export function withRollout(site: v.InferOutput<typeof siteSchema>): Site {
  return { ...site, rollout: site.rollout ?? (site.container.volumes.length > 0 ? 'replace' : 'overlap') }
}
