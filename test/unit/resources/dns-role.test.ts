// A zone in another account: what our own roles get for it, and what a role there needs.
import { readFileSync } from 'node:fs'
import type { Resource } from '../../../resources/cloudformation.ts'
import { dnsRolePolicies } from '../../../resources/dns-role.ts'
import { roles } from '../../../resources/roles.ts'
import { aSite } from '../../support/domain.ts'
import { onlyRecords } from '../../support/zone-condition.ts'

const ROLE = 'arn:aws-us-gov:iam::210987654321:role/dns'
const OTHER = 'arn:aws:iam::333333333333:role/dns'
const sites = [
  aSite('app.example.com'),
  aSite('a.example.org', { hostedZoneId: 'Z2ZZZZ', dnsRoleArn: ROLE, aliases: ['www.example.org'], tls: 'acme' }),
  aSite('b.example.org', { hostedZoneId: 'Z2ZZZZ', dnsRoleArn: ROLE, ipv6: true, retired: ['old.example.org'] }),
  aSite('c.example.net', { hostedZoneId: 'Z3ZZZZ', dnsRoleArn: OTHER }),
]

interface Statement {
  readonly Action: readonly string[]
  readonly Resource: unknown
}
const statements = (role: Resource): Statement[] =>
  (role.Properties.Policies as { PolicyDocument: { Statement: Statement[] } }[]).flatMap(
    ({ PolicyDocument }) => PolicyDocument.Statement,
  )

describe('our own roles', () => {
  const made = roles('prod', sites)
  const taking = (role: string) =>
    statements(made[role]!).flatMap(({ Action, Resource }) => (Action.includes('sts:AssumeRole') ? [Resource] : []))

  test.each<[string, readonly string[]]>([
    ['DnsSyncRole', [ROLE, OTHER]],
    ['DiagnoseRole', [ROLE, OTHER]],
    ['OutcomeRole', [ROLE, OTHER]],
    ['ResyncRole', [ROLE, OTHER]],
    // Of c.example.net no certificate is wanted.
    ['CertificateRole', [ROLE]],
  ])('%s takes the declared roles, each once', (role, expected) => expect(taking(role)).toEqual([expected]))

  test('host-config, which has nothing to do with records, takes none', () =>
    expect(taking('HostConfigRole')).toEqual([]))

  test('zones of other accounts are in none of them', () =>
    expect(JSON.stringify(made)).not.toMatch(/Z2ZZZZ|Z3ZZZZ|example\.(org|net)/))

  test('no site names a role: nobody may take any', () =>
    expect(JSON.stringify(roles('prod', [aSite()]))).not.toContain('"Action":["sts:AssumeRole"]'))
})

describe('the role there', () => {
  const { trust, permissions } = dnsRolePolicies(ROLE, sites, { account: '123456789012', stage: 'prod' })

  test('trusts the functions that use it, by the names that CloudFormation gives to their roles', () =>
    expect(trust).toEqual({
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: { AWS: 'arn:aws-us-gov:iam::123456789012:root' },
          Action: 'sts:AssumeRole',
          Condition: {
            ArnLike: {
              'aws:PrincipalArn': ['DnsSync', 'Diagnose', 'Outcome', 'Resync', 'Certificate'].map(
                (name) => `arn:aws-us-gov:iam::123456789012:role/ragstream-edge-prod-${name}Role-*`,
              ),
            },
          },
        },
      ],
    }))

  test('not certificate, where no site has one', () =>
    expect(
      JSON.stringify(dnsRolePolicies(OTHER, sites, { account: '123456789012', stage: 'dev' }).trust),
    ).not.toContain('CertificateRole'))

  const zone = 'arn:aws-us-gov:route53:::hostedzone/Z2ZZZZ'

  test('may read its zones, change exactly the declared names and their proofs, and ask what became of a change', () =>
    expect(permissions.Statement).toEqual([
      { Effect: 'Allow', Action: ['route53:GetHostedZone', 'route53:ListResourceRecordSets'], Resource: zone },
      {
        ...{ Effect: 'Allow', Action: ['route53:ChangeResourceRecordSets'], Resource: zone },
        Condition: onlyRecords(['a.example.org', 'www.example.org', 'b.example.org', 'old.example.org'], ['A', 'AAAA']),
      },
      {
        ...{ Effect: 'Allow', Action: ['route53:ChangeResourceRecordSets'], Resource: zone },
        Condition: onlyRecords(['_acme-challenge.a.example.org', '_acme-challenge.www.example.org'], ['TXT']),
      },
      { Effect: 'Allow', Action: ['route53:GetChange'], Resource: 'arn:aws-us-gov:route53:::change/*' },
    ]))
})

test('docs/security.md shows them as they are', () => {
  const site = aSite('app.example.org', { dnsRoleArn: 'arn:aws:iam::210987654321:role/ragstream-edge-dns' })
  const shown = dnsRolePolicies(site.dnsRoleArn!, [site], { account: '123456789012', stage: 'prod' })
  const page = readFileSync('docs/security.md', 'utf8')
  for (const policy of [shown.trust, shown.permissions]) expect(page).toContain(JSON.stringify(policy, null, 2))
})
