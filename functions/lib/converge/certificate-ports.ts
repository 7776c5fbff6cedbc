// The certificate step's view of the world, made of the real services: Route 53, Parameter Store and the authority.
import type { Issued } from '../acme/authority.ts'
import { isInSync } from '../aws/route53.ts'
import { readDocuments } from '../aws/ssm.ts'
import { credentialsOf } from '../aws/sts.ts'
import { deleteSecret, readSecret, writeDocument, writeSecret } from '../aws/vault.ts'
import { unwantedCertificates } from '../domain/certificate.ts'
import { resolveSites } from '../domain/site-set.ts'
import { type AccountKeyPorts, accountKey, type Place } from './account-key.ts'
import type { CertificatePorts } from './certificate.ts'
import { systemClock } from './clock.ts'
import { recordPorts } from './ports.ts'
import { together } from './together.ts'
import type { UnwantedPorts } from './unwanted-certificates.ts'

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
  async obtain(names, prove) {
    const key = await accountKey(accountKeyPorts(path, directory))
    return (await authority()).obtain(directory, key, names, prove)
  },
  store: (hostname, issued) => store(`${path}/tls/${hostname}/${issued.fingerprint.slice(0, 32)}`, issued),
  announce: (hostname, certificate) => writeDocument(`${path}/certificates/${hostname}`, JSON.stringify(certificate)),
  discard: async (stored) => {
    for (const part of PARTS) await deleteSecret(`${stored}/${part}`)
  },
  forget: (hostname) => deleteSecret(`${path}/certificates/${hostname}`),
  leaveAuthority: async () => {
    for (const place of ['next', 'now'] as const) await deleteSecret(placeOf(path, place))
  },
  ...recordPorts,
  isInSync: (changeId, role) => isInSync(changeId, credentialsOf(role)),
  clock: systemClock,
})

const PARTS = ['key', 'certificate', 'chain'] as const

async function store(path: string, issued: Issued): Promise<string> {
  for (const part of PARTS) await writeSecret(`${path}/${part}`, issued[part])
  return path
}

const placeOf = (path: string, place: Place): string => `${path}/tls/account${place === 'now' ? '' : '-next'}`

export const accountKeyPorts = (path: string, directory: string): AccountKeyPorts => ({
  read: (place) => readSecret(placeOf(path, place)),
  write: (place, key) => writeSecret(placeOf(path, place), key),
  remove: (place) => deleteSecret(placeOf(path, place)),
  newKey: async () => (await account()).newAccountKey(),
  change: async (oldKey, newKey) => (await account()).changeAccountKey(directory, oldKey, newKey),
})
