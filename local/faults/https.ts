// HTTPS under a running site, for faults that need it: a certificate of the room's authority lies on the host as if fetched, so
// that no machine needs a role. The change of the site is not heard, and a look finds it: the certificate function is left alone.
import { createHash, X509Certificate } from 'node:crypto'
import type { Pem } from '../machine/authority.ts'
import type { GroupRule } from '../world/vpc-types.ts'
import { onHost, type Scene, type Undo, until } from './fault.ts'
import { setInbound } from './network.ts'

const HTTPS: GroupRule = { protocol: 'tcp', ports: { from: 443, to: 443 }, source: '0.0.0.0/0' }

const below = ({ stage, site }: Scene, kind: string): string => `/ragstream-edge/${stage}/${kind}/${site.hostname}`

/** The site serves HTTPS, and port 80 leads there. Where it does already, nothing is done and nothing undone. */
export async function serveHttps(scene: Scene): Promise<Undo> {
  if (scene.world.state.parameters.has(below(scene, 'certificates'))) return async () => {}
  const pem = authorityOf(scene).issue([scene.site.hostname])
  const id = createHash('sha256').update(pem.certificate).digest('hex').slice(0, 32)
  await putOnHost(scene, `/var/lib/ragstream-edge/${scene.site.hostname}/tls/${id}`, pem)
  const close = await setInbound(scene, (inbound) => [...inbound, HTTPS])
  const { validFromDate, validToDate } = new X509Certificate(pem.certificate)
  const names = [scene.site.hostname]
  const path = `${below(scene, 'tls')}/${id}`
  const dates = { notBefore: validFromDate.toISOString(), notAfter: validToDate.toISOString() }
  const forget = remember(scene, 'certificates', JSON.stringify({ path, names, directory: 'none', ...dates }))
  const switchOff = wantHttps(scene)
  await configured(scene)
  return async () => {
    switchOff()
    forget()
    await configured(scene)
    await close()
  }
}

/** The site's own document says `tls: "acme"`. */
export const wantHttps = (scene: Scene): (() => void) => {
  const document = JSON.parse(scene.world.state.parameters.get(below(scene, 'sites'))?.value ?? '{}')
  return remember(scene, 'sites', JSON.stringify({ ...document, tls: 'acme' }))
}

/** Without its event. */
function remember(scene: Scene, kind: string, value: string): () => void {
  const { world } = scene
  const name = below(scene, kind)
  const before = world.state.parameters.get(name)
  const put = (text: string) =>
    world.dispatch({ type: 'PutParameter', name, value: text, overwrite: true, unheard: true })
  put(value)
  return () => void (before ? put(before.value) : world.dispatch({ type: 'DeleteParameter', name, unheard: true }))
}

/** Resolves once the host has done what the site now says. */
async function configured(scene: Scene): Promise<void> {
  const { world, instanceId } = scene
  const since = world.now()
  await scene.resync()
  await until(world, `${instanceId} is configured anew`, () => {
    const sent = [...world.state.commands.values()].filter(({ requestedAt }) => requestedAt >= since)
    const mine = sent.flatMap(({ parameters, invocations }) =>
      parameters.TlsPath ? [invocations.get(instanceId)?.status] : [],
    )
    if (mine.includes('Failed')) throw new Error(`${instanceId}: configuring it failed, wanted HTTPS switched`)
    // Of two that were sent side by side the other one may still be at work.
    return mine.includes('Success') && mine.every((status) => status === undefined || status === 'Success')
  })
}

export function authorityOf({ authority }: Scene) {
  if (!authority) throw new Error('HTTPS: found no certificate authority here, wanted real machines')
  return authority
}

/** `full` is what nginx serves. */
export async function putOnHost(
  { machine, instanceId }: Scene,
  folder: string,
  { key, certificate, chain }: Pem,
  full = certificate + chain,
): Promise<void> {
  const host = machine(instanceId)
  await onHost(host, 'umask 077; mkdir -p "$1"', folder)
  for (const [file, text] of Object.entries({ key, certificate, chain, full }))
    await host.exec(['bash', '-euc', 'umask 077; cat >"$1"', 'bash', `${folder}/${file}`], { stdin: text })
}
