// Whoever asks Route 53 does it as the role of the zone: each port that a step or a probe has, with a role and without.
import {
  ChangeResourceRecordSetsCommand,
  GetChangeCommand,
  GetHostedZoneCommand,
  ListResourceRecordSetsCommand,
  Route53Client,
} from '@aws-sdk/client-route-53'
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts'
import { mockClient } from 'aws-sdk-client-mock'
import type { DnsRole } from '../../functions/lib/domain/site.ts'
import { certificatePorts } from '../../functions/lib/wiring/certificates.ts'
import { diagnosePorts } from '../../functions/lib/wiring/diagnosis.ts'
import { outcomePorts } from '../../functions/lib/wiring/outcome.ts'
import { dnsPorts } from '../../functions/lib/wiring/records.ts'
import { noCloud } from '../support/aws.ts'
import { aRecord, ZONE } from '../support/domain.ts'
import { virtualTime } from '../support/virtual-time.ts'

const ROLE = 'arn:aws:iam::210987654321:role/dns'
const PATH = '/ragstream-edge/prod'
const NAMES = ['app.example.com.']
const CHANGES = [{ action: 'create', record: aRecord() }] as const
const documents = { configureDocument: 'configure', inspectDocument: 'inspect' }
const probes = { place: { stage: 'prod', region: 'eu-central-1' }, sitesPath: PATH, ...documents }

const dns = dnsPorts('prod', PATH)
const certificate = certificatePorts(PATH, 'https://acme.example/directory')
const diagnose = diagnosePorts(probes)
const outcome = outcomePorts({
  ...{ stage: 'prod', path: PATH, topic: 'topic', hostQueue: 'queue' },
  ...{ probes, documentName: 'configure', region: 'eu-central-1' },
})

const sts = mockClient(STSClient)
const route53 = mockClient(Route53Client)
const time = virtualTime()
const before = { ...process.env }
beforeAll(() => Object.assign(process.env, noCloud))
afterAll(() => {
  process.env = before
})
beforeEach(() => {
  time.pass(60_000)
  sts.reset()
  route53.reset()
  sts.on(AssumeRoleCommand).callsFake(({ RoleArn }) => ({
    Credentials: {
      ...{ AccessKeyId: `as ${RoleArn}`, SecretAccessKey: 'x', SessionToken: 'x' },
      Expiration: new Date(Date.now() + 3_600_000),
    },
  }))
  route53.on(ListResourceRecordSetsCommand).resolves({})
  route53.on(ChangeResourceRecordSetsCommand).resolves({ ChangeInfo: { Id: '/change/C1' } as never })
  route53.on(GetChangeCommand).resolves({ ChangeInfo: { Status: 'INSYNC' } as never })
  route53.on(GetHostedZoneCommand).resolves({})
})

describe.each<[string, (role: DnsRole) => Promise<unknown>]>([
  ['dns-sync and resync: listRecords', (role) => dns.listRecords(ZONE, NAMES, role)],
  ['dns-sync and resync: changeRecords', (role) => dns.changeRecords(ZONE, CHANGES, '', role)],
  ['certificate: listRecords', (role) => certificate.listRecords(ZONE, NAMES, role)],
  ['certificate: changeRecords', (role) => certificate.changeRecords(ZONE, CHANGES, '', role)],
  ['certificate: isInSync', (role) => certificate.isInSync('C1', role)],
  ['outcome: isInSync', (role) => outcome.isInSync('C1', role)],
  ['diagnose: listRecords', (role) => diagnose.listRecords(ZONE, NAMES, role)],
  ['diagnose: nameServers', (role) => expect(diagnose.nameServers(ZONE, role)).rejects.toThrow('no name servers')],
])('%s', (_, ask) => {
  test.each<[DnsRole, string]>([
    [ROLE, `as ${ROLE}`],
    [`${ROLE}2`, `as ${ROLE}2`],
    [null, noCloud.AWS_ACCESS_KEY_ID],
  ])('by %s', async (role, accessKeyId) => {
    await ask(role)
    const clients = route53.calls().map(({ thisValue }) => thisValue as Route53Client)
    expect(clients).toHaveLength(1)
    await expect(clients[0]!.config.credentials()).resolves.toMatchObject({ accessKeyId })
  })
})
