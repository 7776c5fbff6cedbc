// The certificate step's view of the world, made of the real services: Route 53, Parameter Store and the authority.
import { isInSync } from '../aws/route53.ts'
import { deleteParameter, readChildren, writeParameter } from '../aws/ssm/parameters.ts'
import { listStored, readSecret, writeSecret } from '../aws/ssm/secrets.ts'
import { credentialsOf } from '../aws/sts.ts'
import { type AccountKeyPorts, accountKey, leaveAuthority, type Place } from '../certificates/account-key.ts'
import type { CertificatePorts } from '../certificates/converge.ts'
import type { UnwantedPorts } from '../certificates/discard.ts'
import { parseOrderWait } from '../certificates/order-wait.ts'
import { orphanedSecrets, unwantedCertificates } from '../certificates/unwanted.ts'
import { NOTHING } from '../domain/site-certificate.ts'
import { resolveSites } from '../domain/site-set.ts'
import { systemClock } from '../steps/clock.ts'
import { together } from '../steps/together.ts'
import { recordPorts } from './records.ts'

// Two thirds of the bundle, loaded where an authority is really asked: most looks find every certificate good.
const authority = () => import('../acme/authority.ts')
const account = () => import('../acme/account.ts')

/** `path` is `/ragstream-edge/<stage>`. Secrets lie below its `tls/`, which no event rule listens to, under the key `keyId`, or AWS's own. */
export const certificatePorts = (
  path: string,
  directory: string,
  keyId?: string,
): CertificatePorts & UnwantedPorts => ({
  async readSites() {
    const [sites, certificates] = await together([readChildren(`${path}/sites`), readChildren(`${path}/certificates`)])
    return resolveSites(sites, [], certificates)
  },
  async readUnwanted() {
    const [documents, certificates] = await together([
      readChildren(`${path}/sites`),
      readChildren(`${path}/certificates`),
    ])
    const { sites, broken } = resolveSites(documents, [])
    const unwanted = unwantedCertificates(certificates, { sites, broken })
    return { unwanted, isLast: broken.length === 0 && !sites.some(({ tls }) => tls === 'acme') }
  },
  directory,
  async obtain(names, steps) {
    const key = await accountKey(accountKeyPorts(path, directory, keyId))
    return (await authority()).obtain(directory, key, names, steps)
  },
  async storeKey(hostname, key) {
    const own = `${path}/tls/${hostname}/${(await authority()).nameOfKey(key)}`
    await writeSecret(`${own}/key`, key, keyId)
    return own
  },
  async storeCertificate(own, { certificate, chain }) {
    await writeSecret(`${own}/certificate`, certificate, keyId)
    await writeSecret(`${own}/chain`, chain, keyId)
  },
  async readWait(hostname) {
    const text = await readSecret(waitOf(path, hostname))
    return text === undefined ? undefined : parseOrderWait(text)
  },
  writeWait: (hostname, wait) => writeParameter(waitOf(path, hostname), JSON.stringify(wait)),
  dropWait: (hostname) => writeParameter(waitOf(path, hostname), NOTHING),
  announce: (hostname, certificate) => writeParameter(`${path}/certificates/${hostname}`, JSON.stringify(certificate)),
  discard: async (stored) => {
    for (const part of PARTS) await remove(`${stored}/${part}`)
  },
  async listOrphans() {
    // Listed first: what is stored later is younger than what is deleted.
    const stored = await listStored(`${path}/tls`)
    const certificates = await readChildren(`${path}/certificates`)
    return orphanedSecrets(stored, certificates, systemClock.now())
  },
  deleteOrphan: remove,
  forget: (hostname) => writeParameter(`${path}/certificates/${hostname}`, NOTHING),
  leaveAuthority: () => leaveAuthority(accountKeyPorts(path, directory, keyId)),
  ...recordPorts,
  isInSync: (changeId, role) => isInSync(changeId, credentialsOf(role)),
  clock: systemClock,
})

/** What is gone already counts as deleted. */
const remove = async (name: string): Promise<void> => void (await deleteParameter(name))

const PARTS = ['key', 'certificate', 'chain'] as const

const waitOf = (path: string, hostname: string): string => `${path}/tls/${hostname}/wait`

/** A wait as those of the sites, by the same right. */
const leavingOf = (path: string): string => `${path}/tls/account/wait`

const placeOf = (path: string, place: Place): string => `${path}/tls/account${place === 'now' ? '' : '-next'}`

export const accountKeyPorts = (path: string, directory: string, keyId?: string): AccountKeyPorts => ({
  read: (place) => readSecret(placeOf(path, place)),
  write: (place, key) => writeSecret(placeOf(path, place), key, keyId),
  remove: (place) => remove(placeOf(path, place)),
  newKey: async () => (await account()).newAccountKey(),
  change: async (oldKey, newKey) => (await account()).changeAccountKey(directory, oldKey, newKey),
  readLeaving: async () => {
    const text = await readSecret(leavingOf(path))
    return text === undefined ? undefined : Date.parse(text)
  },
  writeLeaving: (at) => writeParameter(leavingOf(path), new Date(at).toISOString()),
  clock: systemClock,
})
