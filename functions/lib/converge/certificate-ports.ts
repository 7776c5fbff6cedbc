// The certificate step's view of the world, made of the real services: Route 53, Parameter Store and the authority.
import { type Issued, newAccountKey, obtain } from '../acme/authority.ts'
import { isInSync } from '../aws/route53.ts'
import { readDocuments } from '../aws/ssm.ts'
import { credentialsOf } from '../aws/sts.ts'
import { deleteSecret, readSecret, writeDocument, writeSecret } from '../aws/vault.ts'
import { resolveSites } from '../domain/site-set.ts'
import type { CertificatePorts } from './certificate.ts'
import { systemClock } from './clock.ts'
import { recordPorts } from './ports.ts'
import { together } from './together.ts'

/** `path` is `/ragstream-edge/<stage>`. Secrets lie below its `tls/`, which no event rule listens to. */
export const certificatePorts = (path: string, directory: string): CertificatePorts => ({
  async readSites() {
    const [sites, certificates] = await together([
      readDocuments(`${path}/sites`),
      readDocuments(`${path}/certificates`),
    ])
    return resolveSites(sites, [], certificates)
  },
  directory,
  obtain: async (names, prove) => obtain(directory, await accountKey(`${path}/tls/account`), names, prove),
  store: (hostname, issued) => store(`${path}/tls/${hostname}/${issued.fingerprint.slice(0, 32)}`, issued),
  announce: (hostname, certificate) => writeDocument(`${path}/certificates/${hostname}`, JSON.stringify(certificate)),
  discard: async (stored) => {
    for (const part of PARTS) await deleteSecret(`${stored}/${part}`)
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

/** One account for all sites of the stage: authorities count how many are made. */
async function accountKey(name: string): Promise<string> {
  const known = await readSecret(name)
  if (known) return known
  const key = await newAccountKey()
  await writeSecret(name, key)
  return key
}
