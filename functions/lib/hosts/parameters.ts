// What the host's document takes: names, patterns and defaults. The one source from which the document declares its
// parameters, the host checks them once more, and the functions build SendCommand.

import { STREAMLIT } from '../domain/app.ts'
import { BODY_SIZE, HTTP_PATH, IMAGE, LABEL, MEMORY, PATH_PART, PORT, TIME } from '../domain/schema.ts'

export interface HostParameter {
  readonly name: string
  /** Under this name the host's scripts read the value from their environment. */
  readonly variable: `EDGE_${string}`
  /** Whole value; in the words that JavaScript, Systems Manager and bash (extended regular expressions) share: no lookahead, no \d. */
  readonly pattern: string
  readonly default?: string
  /** What stands for it where a person runs the program on a host, and leaves it out. */
  readonly byHand?: string
  readonly description: string
}

const NAME = `${LABEL}(\\.${LABEL})+`
const SWITCH = '^(true|false)$'
const BASE64 = '^([A-Za-z0-9+/]+={0,2})?$'
const COUNT = '[1-9][0-9]{0,3}'

/**
 * An SSM agent pastes `{{ Name }}` as text into the script, between single quotes. So no pattern admits a quote, a
 * backslash, `$`, a backtick, a space or a newline; free text travels in base64, whose alphabet no shell trips over.
 */
export const hostParameters = [
  { name: 'Hostname', variable: 'EDGE_HOSTNAME', pattern: `^${NAME}$`, description: 'The name that visitors type.' },
  {
    name: 'Aliases',
    variable: 'EDGE_ALIASES',
    pattern: `^(${LABEL}([.,]${LABEL})+)?$`,
    default: '',
    description: 'More names of the site, with commas between them.',
  },
  {
    name: 'Image',
    variable: 'EDGE_IMAGE',
    pattern: `^${IMAGE}$`,
    description: 'Container image to run.',
  },
  {
    name: 'Pull',
    variable: 'EDGE_PULL',
    pattern: '^(auto|never|always)$',
    default: 'auto',
    description: 'Whether a registry is asked: auto, never or always.',
  },
  {
    name: 'ContainerPort',
    variable: 'EDGE_CONTAINER_PORT',
    pattern: `^${PORT}$`,
    default: '8501',
    description: 'Port on which the app listens inside the container.',
  },
  {
    name: 'HostPort',
    variable: 'EDGE_HOST_PORT',
    pattern: `^${PORT}$`,
    default: '8501',
    description: 'Loopback port of the host that leads to the container.',
  },
  {
    name: 'ClientMaxBodySize',
    variable: 'EDGE_CLIENT_MAX_BODY_SIZE',
    pattern: `^${BODY_SIZE}$`,
    default: '201m',
    description: 'Largest request body that nginx lets through.',
  },
  {
    name: 'ReadTimeout',
    variable: 'EDGE_READ_TIMEOUT',
    pattern: `^${TIME}$`,
    default: '1h',
    description: 'How long a silent WebSocket stays open.',
  },
  {
    name: 'ConnectionsPerAddress',
    variable: 'EDGE_CONNECTIONS_PER_ADDRESS',
    pattern: `^${COUNT}$`,
    default: '256',
    description: 'Requests at once from one address to all sites of the host; an open page is one.',
  },
  {
    name: 'Connections',
    variable: 'EDGE_CONNECTIONS',
    pattern: `^(${COUNT})?$`,
    default: '',
    description: 'Requests at once to the site; empty: three eighths of worker_connections.',
  },
  {
    name: 'Uploads',
    variable: 'EDGE_UPLOADS',
    pattern: `^${COUNT}$`,
    default: '10',
    description: 'Uploads at once to the site.',
  },
  {
    name: 'HealthPath',
    variable: 'EDGE_HEALTH_PATH',
    pattern: `^${HTTP_PATH}$`,
    default: STREAMLIT.health.path,
    description: 'Path at which the app says that it is ready.',
  },
  {
    name: 'HealthBody',
    variable: 'EDGE_HEALTH_BODY',
    pattern: BASE64,
    default: Buffer.from(STREAMLIT.health.body).toString('base64'),
    description: 'Base64 of what it says there; empty: any 2xx.',
  },
  {
    name: 'StartTimeout',
    variable: 'EDGE_START_TIMEOUT',
    pattern: '^[1-9][0-9]{0,2}$',
    default: '60',
    description: 'Seconds until a new container must be healthy.',
  },
  {
    name: 'Memory',
    variable: 'EDGE_MEMORY',
    pattern: `^(${MEMORY})?$`,
    default: '',
    description: 'Memory limit of the container; empty is no limit.',
  },
  {
    name: 'ReadOnlyRoot',
    variable: 'EDGE_READ_ONLY_ROOT',
    pattern: SWITCH,
    default: 'false',
    description: 'Mount the root file system of the container read-only.',
  },
  {
    name: 'Metadata',
    variable: 'EDGE_METADATA',
    pattern: SWITCH,
    default: 'false',
    description: 'Let the container reach the instance metadata, and so the role of the host.',
  },
  {
    name: 'Pids',
    variable: 'EDGE_PIDS',
    pattern: '^[1-9][0-9]{0,6}$',
    default: '4096',
    description: 'Most processes and threads of the container.',
  },
  {
    name: 'TmpSize',
    variable: 'EDGE_TMP_SIZE',
    pattern: `^${MEMORY}$`,
    default: '1g',
    description: 'Size of /tmp where the root is read-only.',
  },
  {
    name: 'HostPorts',
    variable: 'EDGE_HOST_PORTS',
    pattern: '^([0-9]{1,5}(,[0-9]{1,5}){0,14})?$',
    default: '',
    description: 'TCP ports of the host that the container may ask, by commas.',
  },
  {
    name: 'Rollout',
    variable: 'EDGE_ROLLOUT',
    pattern: '^(overlap|replace)$',
    default: 'overlap',
    description: 'overlap: the new container runs beside the old one first. replace: the old one stops first.',
  },
  {
    name: 'Adopt',
    variable: 'EDGE_ADOPT',
    pattern: SWITCH,
    default: 'false',
    description: 'Take over what was set up by hand for the site; it is kept aside.',
  },
  {
    name: 'SecretsPath',
    variable: 'EDGE_SECRETS_PATH',
    pattern: `^${PATH_PART}*$`,
    default: '',
    description: 'Parameter Store path of secrets that the host reads with its own role.',
  },
  {
    name: 'TlsPath',
    variable: 'EDGE_TLS_PATH',
    pattern: `^(${PATH_PART}+/[0-9a-f]{32})?$`,
    default: '',
    description:
      'Parameter Store path of key, certificate and chain; empty: no HTTPS. It ends in the fingerprint of the key.',
  },
  {
    name: 'Hsts',
    variable: 'EDGE_HSTS',
    pattern: SWITCH,
    default: 'false',
    description: 'Tell browsers to come by HTTPS alone.',
  },
  {
    name: 'Networks',
    variable: 'EDGE_NETWORKS',
    pattern: '^([0-9a-f.:]+(/[0-9]{1,3})?(,[0-9a-f.:]+(/[0-9]{1,3})?)*)?$',
    default: '',
    description: 'Addresses and networks of visitors, with commas between them; empty: from anywhere.',
  },
  {
    name: 'PasswordsPath',
    variable: 'EDGE_PASSWORDS_PATH',
    pattern: `^${PATH_PART}*$`,
    default: '',
    description: 'SecureString with a line of htpasswd for each visitor; empty: no password.',
  },
  {
    name: 'Guesses',
    variable: 'EDGE_GUESSES',
    pattern: `^(${COUNT})?$`,
    default: '5',
    description: 'Requests with a password in a second from one address; empty: as many as come.',
  },
  {
    name: 'Env',
    variable: 'EDGE_ENV',
    pattern: BASE64,
    default: '',
    description: 'Base64 of lines KEY=VALUE: the environment of the container.',
  },
  {
    name: 'Volumes',
    variable: 'EDGE_VOLUMES',
    pattern: BASE64,
    default: '',
    description: 'Base64 of lines /host:/container[:ro].',
  },
  {
    name: 'Use',
    variable: 'EDGE_USE',
    pattern: '^(off|sessions|requests)$',
    default: 'off',
    description: 'What nginx notes for look-use: nothing, the ends of sessions, or every request.',
  },
  {
    name: 'SiteHash',
    variable: 'EDGE_SITE_HASH',
    pattern: '^[0-9a-f]{8,64}$',
    // Of no site: the service's next look sends its own.
    byHand: '00000000',
    description: 'Hash of the site document: says afterwards which one a host has.',
  },
  {
    name: 'SentAt',
    variable: 'EDGE_SENT_AT',
    pattern: '^[0-9]{1,15}$',
    default: '0',
    description:
      'When it was sent, milliseconds since the epoch: older than what the host applied last, it changes nothing; 0: by hand.',
  },
] as const satisfies readonly HostParameter[]

/** Of the document that inspects, beside those above. */
export const inspectParameters = [
  {
    name: 'Websocket',
    variable: 'EDGE_WEBSOCKET',
    pattern: `^(${HTTP_PATH})?$`,
    default: STREAMLIT.websocket,
    description: 'Path of the WebSocket of a page; empty: none.',
  },
] as const satisfies readonly HostParameter[]

/** Of the document that reads logs, beside those above. */
export const logParameters = [
  {
    name: 'LogSource',
    variable: 'EDGE_LOG_SOURCE',
    pattern: '^(app|nginx|service)$',
    default: 'app',
    description: 'Whose log: of the container, of nginx, or of this service on the host.',
  },
  {
    name: 'LogSince',
    variable: 'EDGE_LOG_SINCE',
    pattern: '^([0-9@][0-9A-Za-z:.+-]{0,63})?$',
    default: '',
    description: 'A duration such as 10m, or the cursor that the look before ended with; empty: the last lines.',
  },
  {
    name: 'LogLines',
    variable: 'EDGE_LOG_LINES',
    pattern: '^[1-9][0-9]{0,3}$',
    default: '100',
    description: 'At most so many lines.',
  },
] as const satisfies readonly HostParameter[]

/** Of the document that looks at the use of a host. */
export const useParameters = [
  {
    name: 'Hostnames',
    variable: 'EDGE_HOSTNAMES',
    pattern: `^${NAME}(,${NAME})*$`,
    description: 'The sites of the host that have idle, with commas between them.',
  },
] as const satisfies readonly HostParameter[]

/** Of every document. */
export const allParameters = [...hostParameters, ...inspectParameters, ...logParameters, ...useParameters]

export type HostParameterName = (typeof hostParameters)[number]['name']

/** Variable to what stands for a value that is not given; '' where nothing does. */
export const hostDefaults = (): Record<string, string> =>
  Object.fromEntries(hostParameters.map((one) => [one.variable, 'default' in one ? one.default : '']))
