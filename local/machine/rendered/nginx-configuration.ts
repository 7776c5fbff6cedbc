// What a configuration means to a rendered host: its faults, as `nginx -t` would name them, and its servers.
import { type Directive, NginxError, readConfiguration } from './nginx-syntax.ts'

export interface Location {
  readonly exact: boolean
  readonly path: string
  /** Of a GET, as an address. */
  readonly proxyPass: string | null
  /** The path behind it, which the app gets in place of the one that was asked for. */
  readonly proxyPath: string | null
  /** Status and text of `return`. */
  readonly answer: readonly string[] | null
  /** Path of `auth_request`, whose status decides. */
  readonly check: string | null
  /** By `stub_status`. */
  readonly tellsUse: boolean
  /** Header name to value, of proxy_set_header. */
  readonly headers: Readonly<Record<string, string>>
}

export interface Server {
  readonly file: string
  readonly names: readonly string[]
  readonly isDefault: boolean
  /** Status and text of its own `return`, which comes before every location. */
  readonly answer: readonly string[] | null
  readonly locations: readonly Location[]
}

/** Throws NginxError for the first fault. */
export function loadConfiguration(main: string): Server[] {
  const directives = readConfiguration(main)
  const http = directives.filter(({ name }) => name === 'http').flatMap(({ block }) => block ?? [])
  refuseDuplicates(http)
  refuseUnknownVariables(http)
  const servers = http.filter(({ name }) => name === 'server').map((directive) => server(directive, http))
  const defaults = servers.filter(({ isDefault }) => isDefault)
  if (defaults[1]) throw new NginxError(`a duplicate default server for 0.0.0.0:80 in ${defaults[1].file}:1`)
  return servers
}

/** Directives that nginx allows once in a block: most that take one value. */
const ONCE =
  /^(client_max_body_size|proxy_pass|proxy_http_version|proxy_(read|send|connect)_timeout|proxy_buffering|proxy_buffers|proxy_buffer_size|proxy_request_buffering|root|default_type|sendfile|keepalive_timeout)$/

function refuseDuplicates(block: readonly Directive[]): void {
  const seen = new Set<string>()
  for (const { name, file, line, block: inner } of block) {
    if (ONCE.test(name) && seen.has(name)) throw new NginxError(`"${name}" directive is duplicate in ${file}:${line}`)
    seen.add(name)
    refuseDuplicates(inner ?? [])
  }
}

const BUILT_IN =
  /^(binary_remote_addr|content_length|edge_(network|before|after)|http_\w+|arg_\w+|sent_http_\w+|cookie_\w+|remote_addr|server_addr|remote_user|time_local|request|request_uri|request_method|status|body_bytes_sent|host|scheme|uri|args|request_time|proxy_add_x_forwarded_for|proxy_host|proxy_port|server_name|server_port|upstream_connect_time|is_args|document_root|fastcgi_script_name)$/

function refuseUnknownVariables(http: readonly Directive[]): void {
  const all = flatten(http)
  const defined = new Set(
    all
      .filter(({ name }) => name === 'map' || name === 'set')
      .map(({ name, values }) => values[name === 'map' ? 1 : 0]),
  )
  for (const { name, values, file, line } of all) {
    if (name === 'log_format') continue
    for (const [variable, bare] of values.join(' ').matchAll(/\$(\w+)/g)) {
      if (!BUILT_IN.test(bare!) && !defined.has(variable))
        throw new NginxError(`unknown "${bare}" variable in ${file}:${line}`)
    }
  }
}

function flatten(block: readonly Directive[]): Directive[] {
  return block.flatMap((directive) => [directive, ...flatten(directive.block ?? [])])
}

function server({ block, file }: Directive, http: readonly Directive[]): Server {
  const inner = block ?? []
  const listens = inner.filter(({ name }) => name === 'listen')
  return {
    file,
    names: inner.filter(({ name }) => name === 'server_name').flatMap(({ values }) => values),
    isDefault: listens.some(
      ({ values }) => /^(0\.0\.0\.0:)?80$/.test(values[0] ?? '') && values.includes('default_server'),
    ),
    answer: inner.find(({ name }) => name === 'return')?.values ?? null,
    locations: inner.filter(({ name }) => name === 'location').map((directive) => location(directive, inner, http)),
  }
}

function location({ values, block }: Directive, server: readonly Directive[], http: readonly Directive[]): Location {
  const inner = block ?? []
  const valuesOf = (wanted: string) => inner.find(({ name }) => name === wanted)?.values ?? null
  const [, target, uri] = /^http:\/\/([^/]+)(\/.*)?$/.exec(valuesOf('proxy_pass')?.[0] ?? '') ?? []
  return {
    exact: values[0] === '=',
    path: values.at(-1) ?? '/',
    proxyPass: target === undefined ? null : `http://${followed(target, http)}`,
    proxyPath: uri ?? null,
    answer: valuesOf('return'),
    check: valuesOf('auth_request')?.[0] ?? null,
    tellsUse: valuesOf('stub_status') !== null,
    headers: headersOf(inner) ?? headersOf(server) ?? {},
  }
}

/** Those of the server hold where a location sets none. */
function headersOf(block: readonly Directive[]): Readonly<Record<string, string>> | undefined {
  const set = block.filter(({ name }) => name === 'proxy_set_header')
  return set.length === 0
    ? undefined
    : Object.fromEntries(set.map(({ values: [header, ...rest] }) => [header!, rest.join(' ')]))
}

/** Where a GET goes: a variable stands for what its map says, the name of an upstream for its first server. */
function followed(target: string, http: readonly Directive[]): string {
  const map = http.find(({ name, values }) => name === 'map' && values[1] === target)
  const entry = (key: string) => map?.block?.find(({ name }) => name === key)?.values[0]
  const name = entry('GET') ?? entry('default') ?? target
  const upstream = http.find((one) => one.name === 'upstream' && one.values[0] === name)
  return upstream?.block?.find((one) => one.name === 'server')?.values[0] ?? name
}
