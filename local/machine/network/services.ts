// What answers in the network beside the hosts: the visitor's resolver, the VPC's resolver, and the registry inside the VPC.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Daemon, startDaemon } from '../daemon.ts'
import { REGISTRY, REGISTRY_NAME, REGISTRY_PORT, RESOLVER, VPC_RESOLVER } from './layout.ts'
import type { Network } from './network.ts'

export interface Services {
  /** A caching resolver that honours TTLs; its lines are its query log. */
  readonly resolver: Daemon
  readonly vpcResolver: Daemon
  readonly registry: Daemon
  stop(): Promise<void>
}

export interface RegistryStore {
  readonly program: string
  readonly storage: string
}

export async function startServices(network: Network, registry: RegistryStore, folder: string): Promise<Services> {
  const { layout } = network
  const [resolver, vpcResolver, images] = await Promise.all([
    startResolver(network, layout.resolver, RESOLVER, join(folder, 'resolver.log')),
    startResolver(network, layout.vpc, VPC_RESOLVER, join(folder, 'vpc-resolver.log'), [
      `--host-record=${REGISTRY_NAME},${REGISTRY}`,
      `--local=/${REGISTRY_NAME}/`,
    ]),
    startRegistry(network, registry, folder),
  ])
  return {
    resolver,
    vpcResolver,
    registry: images,
    stop: async () => void (await Promise.all([resolver, vpcResolver, images].map((daemon) => daemon.stop()))),
  }
}

function startResolver(
  network: Network,
  namespace: string,
  address: string,
  log: string,
  more: readonly string[] = [],
) {
  return startDaemon({
    argv: [
      ...network.inside(namespace),
      'dnsmasq',
      '--keep-in-foreground',
      '--conf-file=/dev/null',
      '--pid-file=',
      '--user=root',
      '--no-hosts',
      '--no-resolv',
      `--server=${network.layout.cloudAddress}`,
      `--listen-address=${address}`,
      '--bind-interfaces',
      '--log-queries',
      '--log-facility=-',
      ...more,
    ],
    ready: /started, version/,
    log,
  })
}

/** Read-only: any number of runs serve the one store of the cache. */
async function startRegistry(network: Network, { program, storage }: RegistryStore, folder: string): Promise<Daemon> {
  const config = join(folder, 'registry.yml')
  await writeFile(config, registryConfig(storage, `addr: ${REGISTRY}:${REGISTRY_PORT}`, true))
  return startDaemon({
    argv: [...network.inside(network.layout.vpc), program, 'serve', config],
    ready: /listening on/,
    log: join(folder, 'registry.log'),
  })
}

/** `listen` are the lines of the http section, for example `addr: 127.0.0.1:5000`. */
export function registryConfig(storage: string, listen: string, readOnly: boolean): string {
  return `version: 0.1
log: { level: info }
storage:
  filesystem: { rootdirectory: ${JSON.stringify(storage)} }
  maintenance: { readonly: { enabled: ${readOnly} }, uploadpurging: { enabled: false } }
http: { ${listen} }
`
}
