// The role in the account of a zone (dnsRoleArn): does it let its person in, and may it read the zone? Pure.
import { type Line, ok, problem } from './line.ts'
import type { SiteFacts } from './look.ts'

/** Undefined where the site has none, or where what is wrong has nothing to do with it. */
export function judgeRole({ site, zone, dnsRole }: SiteFacts): Line | undefined {
  if (!dnsRole) return undefined
  const { arn, policies, caller } = dnsRole
  const account = arn.split(':')[4]
  if (!('error' in zone)) return ok('dns role', `${arn} lets you in`)
  const { name, message, cause } = zone.error
  if (name === 'RoleRefused')
    return problem(
      'dns role',
      `you may not take ${arn}: ${(cause as Error | undefined)?.message ?? message}`,
      [
        `in account ${account} this must be the trust of the role. It lets the functions in; for the doctor to look, too, add your own role or user to aws:PrincipalArn (you are ${caller})`,
        shown(policies?.trust),
        'and these its permissions:',
        shown(policies?.permissions),
        `are they? ./edge diagnose ${site.hostname} <target> asks with the functions' own rights, once they are deployed`,
      ].join('\n'),
    )
  if (name === 'AccessDenied')
    return problem(
      'dns role',
      `${arn} may not read the zone ${site.hostedZoneId}: ${message}`,
      [`in account ${account} these must be its permissions:`, shown(policies?.permissions)].join('\n'),
    )
  return undefined
}

/** To be copied as it is. */
const shown = (policy: unknown): string =>
  policy === undefined
    ? '(not known, since this does not say who you are: aws sts get-caller-identity)'
    : JSON.stringify(policy, null, 2)
