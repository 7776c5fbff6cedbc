// A role for a host: the instance metadata gives its credentials, Parameter Store answers them, and certificates lie there as the function leaves them.
import { type Authority, openAuthority, type Pem } from '../../../local/machine/authority.ts'
import type { Host } from '../../../local/machine/nspawn/machine.ts'
import { startWire } from '../../../local/wire/server.ts'
import { liveWorld } from '../../../local/world/live.ts'
import { createWorld } from '../../../local/world/world.ts'
import { CREDENTIALS, startInstanceMetadata } from '../../support/instance-role.ts'
import { NAME, sh } from './bench.ts'

export interface Role {
  readonly authority: Authority
  /** For the document: where Parameter Store is. */
  readonly env: Readonly<Record<string, string>>
  give(host: Host): Promise<unknown>
  put(name: string, value: string): void
  /** Stores it as the function does; a new path each time. */
  store(pem: Pem): string
  close(): Promise<void>
}

export async function openRole(address: string): Promise<Role> {
  const authority = openAuthority()
  const world = liveWorld(createWorld({}))
  const wire = await startWire({
    world,
    authorize: () => undefined,
    secretOf: () => CREDENTIALS.SecretAccessKey,
    address,
  })
  const metadata = await startInstanceMetadata(address)
  const put = (name: string, value: string) =>
    void world.dispatch({ type: 'PutParameter', name, value, parameterType: 'SecureString', overwrite: true })
  let number = 0
  return {
    authority,
    env: { EDGE_SSM_ENDPOINT: wire.url },
    give: (host) =>
      sh(
        host,
        `iptables -t nat -I OUTPUT -d 169.254.169.254 -p tcp --dport 80 -j DNAT --to-destination ${address}:${metadata.port}`,
      ),
    put,
    store({ key, certificate, chain }) {
      const path = `/ragstream-edge/prod/tls/${NAME}/${(++number).toString(16).padStart(32, '0')}`
      for (const [part, value] of Object.entries({ key, certificate, chain })) put(`${path}/${part}`, value)
      return path
    },
    async close() {
      await wire.close()
      world.close()
      metadata.close()
      authority.close()
    },
  }
}
