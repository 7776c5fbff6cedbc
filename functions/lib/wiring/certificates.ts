// The certificate step's view of the world, made of the real services: Route 53, Parameter Store and the authority.
import { isInSync } from '../aws/route53.ts'
import { readDocuments } from '../aws/ssm.ts'
import { credentialsOf } from '../aws/sts.ts'
import { deleteSecret, listStored, readSecret, writeDocument, writeSecret } from '../aws/vault.ts'
import { type AccountKeyPorts, accountKey, type Place } from '../certificates/account-key.ts'
import type { CertificatePorts } from '../certificates/converge.ts'
import type { UnwantedPorts } from '../certificates/discard.ts'
import { parseOrderWait } from '../certificates/order-wait.ts'
import { orphanedSecrets, unwantedCertificates } from '../certificates/unwanted.ts'
import { resolveSites } from '../domain/site-set.ts'
import { systemClock } from '../steps/clock.ts'
import { together } from '../steps/together.ts'
import { recordPorts } from './records.ts'

// Two thirds of the bundle, loaded where an authority is really asked: most looks find every certificate good.
const authority = () => import('../acme/authority.ts')
const account = () => import('../acme/account.ts')

/** `path` is `/ragstream-edge/<stage>`. Secrets lie below its `tls/`, which no event rule listens to. */
export const certificatePorts = (path: string, directory: string): CertificatePorts & UnwantedPorts => ({
  async readSites() {
    const [sites, certificates] = await together([
      readDocuments(`${path}/sites`),
      readDocuments(`${path}/certificates`),
    ])
    return resolveSites(sites, [], certificates)
  },
  async readUnwanted() {
    const [documents, certificates] = await together([
      readDocuments(`${path}/sites`),
      readDocuments(`${path}/certificates`),
    ])
    const { sites, broken } = resolveSites(documents, [])
    const unwanted = unwantedCertificates(certificates, { sites, broken })
    return { unwanted, isLast: broken.length === 0 && !sites.some(({ tls }) => tls === 'acme') }
  },
  directory,
  async obtain(names, steps) {
    const key = await accountKey(accountKeyPorts(path, directory))
    return (await authority()).obtain(directory, key, names, steps)
  },
  async storeKey(hostname, key) {
    const own = `${path}/tls/${hostname}/${(await authority()).nameOfKey(key)}`
    await writeSecret(`${own}/key`, key)
    return own
  },
  async storeCertificate(own, { certificate, chain }) {
    await writeSecret(`${own}/certificate`, certificate)
    await writeSecret(`${own}/chain`, chain)
  },
  async readWait(hostname) {
    const text = await readSecret(waitOf(path, hostname))
    return text === undefined ? undefined : parseOrderWait(text)
  },
  writeWait: (hostname, wait) => writeDocument(waitOf(path, hostname), JSON.stringify(wait)),
  dropWait: (hostname) => deleteSecret(waitOf(path, hostname)),
  announce: (hostname, certificate) => writeDocument(`${path}/certificates/${hostname}`, JSON.stringify(certificate)),
  discard: async (stored) => {
    for (const part of PARTS) await deleteSecret(`${stored}/${part}`)
  },
  async listOrphans() {
    // Listed first: what is stored later is younger than what is deleted.
    const stored = await listStored(`${path}/tls`)
    const certificates = await readDocuments(`${path}/certificates`)
    return orphanedSecrets(stored, certificates, systemClock.now())
  },
  deleteOrphan: deleteSecret,
  forget: (hostname) => deleteSecret(`${path}/certificates/${hostname}`),
  leaveAuthority: async () => {
    for (const place of ['next', 'now'] as const) await deleteSecret(placeOf(path, place))
  },
  ...recordPorts,
  isInSync: (changeId, role) => isInSync(changeId, credentialsOf(role)),
  clock: systemClock,
})

const PARTS = ['key', 'certificate', 'chain'] as const

const waitOf = (path: string, hostname: string): string => `${path}/tls/${hostname}/wait`

const placeOf = (path: string, place: Place): string => `${path}/tls/account${place === 'now' ? '' : '-next'}`

export const accountKeyPorts = (path: string, directory: string): AccountKeyPorts => ({
  read: (place) => readSecret(placeOf(path, place)),
  write: (place, key) => writeSecret(placeOf(path, place), key),
  remove: (place) => deleteSecret(placeOf(path, place)),
  newKey: async () => (await account()).newAccountKey(),
  change: async (oldKey, newKey) => (await account()).changeAccountKey(directory, oldKey, newKey),
})
