// The role in the account of a zone, as its owner makes it: for the doctor's advice, and for the local cloud, which is its own owner.
import { parseSite, type Site } from '../functions/lib/domain/site.ts'
import { type DnsRolePolicies, dnsRolePolicies } from '../resources/dns-role.ts'
import { dnsRolesOf } from '../resources/zone-rights.ts'

export type { DnsRolePolicies } from '../resources/dns-role.ts'
export { dnsRolePolicies } from '../resources/dns-role.ts'

/** Every role that the sites name, with its policies. Documents with errors are left out. */
export function dnsRoles(
  documents: readonly unknown[],
  deployed: { readonly account: string; readonly stage: string },
): (DnsRolePolicies & { readonly arn: string })[] {
  const sites = documents.flatMap((document): Site[] => {
    const parsed = parseSite(document)
    return parsed.ok ? [parsed.site] : []
  })
  return dnsRolesOf(sites).map((arn) => ({ arn, ...dnsRolePolicies(arn, sites, deployed) }))
}
