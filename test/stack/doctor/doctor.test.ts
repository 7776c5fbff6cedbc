// ./edge doctor as a person runs it, against the local cloud: nothing to say when all is right, and each misconfiguration with its fix.
import { createSocket } from 'node:dgram'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { type DnsServer, startDns } from '../../../local/wire/dns.ts'
import { freshSecrets } from '../../../local/wire/signature.ts'
import { hostRole } from '../../../local/world/profiles.ts'
import type { RolePolicy } from '../../../local/world/types.ts'
import { HTTP_FOR_ALL } from '../../../local/world/vpc.ts'
import { inspectHostDocument } from '../../../resources/documents.ts'
import { siteDocument } from '../../support/domain.ts'
import { typedHere } from '../../support/edge.ts'
import { type Front, startFront } from '../../support/front.ts'
import { anInspection } from '../../support/inspection.ts'
import { EDGE, typed } from '../../support/start.ts'
import { type Cloud, startCloud, until } from '../wire/clients.ts'

const ZONE = 'Z0123456789ABCDEFGHIJ'
const NAME = 'app.example.com'
const TAGS = { Name: 'app', 'ragstream-edge:stage': 'prod' }

/** The commands of this process keep their clients, and so the address and the secret, from one cloud to the next. */
let front: Front
const secretOf = freshSecrets()
let cloud: Cloud
/** Milliseconds by which the clock of the cloud is ahead. */
let ahead = 0
let dns: DnsServer
let folder: string
let id: string

beforeAll(async () => {
  front = await startFront(() => cloud.url)
})
afterAll(() => front.close())
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'doctor-'))
  ahead = 0
  cloud = await startCloud({ secretOf, now: () => Date.now() + ahead })
  dns = await startDns({ world: cloud.world })
})
afterEach(async () => {
  await dns.close()
  front.breakOff()
  await cloud.close()
  rmSync(folder, { recursive: true })
})

/** All is right, but for what the case says. */
function furnish({ zone = {}, instance = {}, site = {}, agent = true }: Case): void {
  cloud.world.dispatch({ type: 'CreateHostedZone', id: ZONE, name: 'example.com', ...zone })
  const running = { type: 'RunInstance', tags: TAGS, state: 'running', ...instance } as const
  id = cloud.world.dispatch<'RunInstance'>(running).id
  if (agent) cloud.world.dispatch({ type: 'RegisterAgent', instanceId: id })
  const fields = { hostedZoneId: ZONE, instances: { 'tag:Name': 'app' }, ...site }
  writeFileSync(join(folder, `${NAME}.json`), JSON.stringify(siteDocument(NAME, fields)))
}

interface Case {
  readonly zone?: object
  readonly instance?: object
  readonly site?: object
  readonly agent?: boolean
  readonly more?: () => unknown
}

interface Answer {
  readonly code: number | null
  readonly said: string
}

const doctor = (...words: string[]): Promise<Answer> => edge('doctor', ...words)
const edge = (command: string, ...words: string[]): Promise<Answer> => edgeWith({}, command, ...words)

/** Nanoseconds. The cloud is in this process, too. When both stood still for as long as the doctor waits for an answer, the doctor is asked again. */
const STOOD_STILL = 3e9

async function edgeWith(other: Record<string, string>, command: string, ...words: string[]): Promise<Answer> {
  const before = cloud.calls.length
  const loop = monitorEventLoopDelay()
  for (let tries = 1; ; tries++) {
    loop.enable()
    const { code, stdout, stderr } = await typedHere({ env: { ...surroundings(), ...other } }, ...line(command, words))
    loop.disable()
    const isReading = command === 'doctor' && !words.includes('--init')
    if (loop.max < STOOD_STILL || !isReading || tries === 3) return { code, said: stdout + stderr }
    loop.reset()
    cloud.calls.length = before
  }
}

/** In a process of its own, where credentials are the subject: this one keeps those of its first call. */
async function doctorAnew(other: Record<string, string | undefined> = {}, ...words: string[]): Promise<Answer> {
  const { code, stdout, stderr } = await typed({ env: { ...surroundings(), ...other } }, EDGE, ...line('doctor', words))
  return { code, said: stdout + stderr }
}

const line = (command: string, words: readonly string[]) => [command, '--sites', folder, ...words]
const surroundings = () => ({
  AWS_ENDPOINT_URL: front.url,
  AWS_ACCESS_KEY_ID: 'local-admin',
  AWS_SECRET_ACCESS_KEY: secretOf('local-admin'),
  AWS_REGION: cloud.world.state.region,
  RESOLVERS: `${dns.address}:${dns.port}`,
})

const record = (more: object) =>
  cloud.world.dispatch({
    type: 'ChangeResourceRecordSets',
    zoneId: ZONE,
    changes: [{ action: 'CREATE', record: { name: `${NAME}.`, type: 'A', ttl: 60, values: ['192.0.2.7'], ...more } }],
  })
/** With an agent that does not come up again. */
async function restart() {
  const is = (state: string) => until(cloud.world, () => cloud.world.state.instances.get(id)?.state === state)
  cloud.world.dispatch({ type: 'StopInstances', ids: [id] })
  await is('stopped')
  cloud.world.dispatch({ type: 'StartInstances', ids: [id] })
  await is('running')
}

/** Beside the site's name. */
const other = (at: string, type: string, value: string, ttl = 60) =>
  cloud.world.dispatch({
    type: 'ChangeResourceRecordSets',
    zoneId: ZONE,
    changes: [{ action: 'CREATE', record: { name: at, type, ttl, values: [value] } }],
  })
/** Answered by the name servers only once the change is INSYNC. */
async function caa(at: string, value: string) {
  const { id: change } = other(at, 'CAA', value) as { id: string }
  await until(cloud.world, () => cloud.world.state.changes.get(change)?.status === 'INSYNC')
}
const ALIAS = { hostedZoneId: 'ZALIAS', dnsName: 'dualstack.lb.example.net.', evaluateTargetHealth: false }
const HTTPS_FOR_ALL = { ...HTTP_FOR_ALL, ports: { from: 443, to: 443 } }
const admit = (...inbound: (typeof HTTP_FOR_ALL)[]) =>
  cloud.world.dispatch({ type: 'SetGroupRules', groupId: group(), inbound })
const tls = { site: { tls: 'acme' } } as const

const group = () => [...cloud.world.state.vpc.securityGroups.keys()][0]!

const IDLE = { idle: { stopAfter: '45m' } } as const

test('a site with idle: whether its instance can be stopped; the role of the function is not there yet', async () => {
  furnish({ site: IDLE })
  const { code, said } = await doctor()
  expect(said).toContain(`EC2 stops ${id} when nobody has used it for 45m`)
  expect(said).toMatch(/^note {2}idle rights /m)
  expect(code).toBe(0)
})

test('all is right: no problem, and nothing is changed', async () => {
  furnish({})
  record({})
  const { code, said } = await doctor()
  expect(said).not.toContain('FAIL')
  expect(said).not.toMatch(/\bidle\b/)
  expect(said).toContain('the domain is delegated to it')
  expect(said).toContain('192.0.2.7 (TTL 60): it will be kept up to date')
  expect(said).toMatch(/^ok +own role +web-host-role may not write Z0123456789ABCDEFGHIJ: no script of the host does/m)
  expect(said).toMatch(/ready, as far as it can be seen/)
  expect(code).toBe(0)
  expect(
    new Set(cloud.calls.map(({ operation }) => operation).filter((one) => !/^(Describe|Get|List|Simulate)/.test(one))),
  ).toEqual(new Set())
})

describe('what the host said of itself', () => {
  /** A look of a function: this is what the host printed. */
  function look(printed: object, status: 'Success' | 'Failed' = 'Success') {
    const commandId = cloud.world.dispatch<'SendCommand'>({
      ...{ type: 'SendCommand', documentName: LOOKS, instanceIds: [id] },
      parameters: { Hostname: [NAME], HostPort: ['8501'], ContainerPort: ['8501'] },
    }).id
    cloud.world.dispatch({ type: 'StartInvocation', commandId, instanceId: id })
    const end = { responseCode: status === 'Success' ? 0 : 1, stdout: JSON.stringify(printed), stderr: '' }
    cloud.world.dispatch({ type: 'EndInvocation', commandId, instanceId: id, status, ...end })
    // Systems Manager finds an invocation about a second after it was sent.
    ahead += 1_000
  }
  const LOOKS = 'ragstream-edge-prod-InspectHost-0123456789ab'
  const deployed = () =>
    cloud.world.dispatch({ type: 'CreateDocument', name: LOOKS, content: inspectHostDocument() as never })

  test('at the newest look that succeeded; the doctor sends it nothing', async () => {
    furnish({})
    deployed()
    look(anInspection({ keptApart: true, diskFreeMb: 20_480 }))
    look(anInspection({ keptApart: false, diskFreeMb: 700 }))
    look({}, 'Failed')
    const { code, said } = await doctor()
    expect(said).toMatch(new RegExp(`^ok +host +${id} at \\S+Z: 700 MB of disk are free$`, 'm'))
    expect(said.match(/^FAIL.*/gm)).toEqual([
      `FAIL  host              ${id}: Docker was told iptables: false, and keeps the containers of this host not apart`,
      `FAIL  host              ${id}: 700 MB are free where Docker keeps images: the next one may not fit`,
    ])
    expect(cloud.calls.filter(({ operation }) => operation === 'SendCommand')).toEqual([])
    expect(code).toBe(1)
  })

  test('nobody looked, with a stack and before it: not known, and no problem', async () => {
    furnish({})
    const before = await doctor()
    deployed()
    const after = await doctor()
    for (const { code, said } of [before, after]) {
      expect(said).toMatch(new RegExp(`^note +host +no function looked at ${id} in the last hour`, 'm'))
      expect(code).toBe(0)
    }
  })
})

test.each([{ name: 'example.org' }, { privateZone: true }])(
  'of a zone that is not the site’s, %j, no record is promised',
  async (zone) => {
    furnish({ zone })
    const { code, said } = await doctor()
    expect(code).toBe(1)
    expect(said).toMatch(/FAIL +zone/)
    expect(said).not.toMatch(/^\S+ +record/m)
  },
)

test('with tls, a role that reads the key of the account at the authority is told; without tls it is nothing', async () => {
  furnish(tls)
  expect((await doctor()).said).toContain(
    'note  own reads         web-host-role may read the key of the account at the authority',
  )
  const role = { ...hostRole('123456789012'), policies: [] }
  cloud.world.dispatch({ type: 'PutInstanceProfile', name: 'web-host', role })
  expect((await doctor()).said).not.toContain('own reads')
})

test('two sites of a zone on one host: Route 53, which takes five requests a second, is asked twice for both', async () => {
  furnish({})
  const second = siteDocument('b.example.com', {
    ...{ hostedZoneId: ZONE, instances: { 'tag:Name': 'app' }, container: { hostPort: 8502 } },
  })
  writeFileSync(join(folder, 'b.example.com.json'), JSON.stringify(second))
  const { code, said } = await doctor()
  expect({ code, said }).toMatchObject({ code: 0, said: expect.stringContaining('b.example.com has none yet') })
  const asked = cloud.calls.map(({ operation }) => operation).filter((one) => /HostedZone|RecordSets/.test(one))
  expect(asked.sort()).toEqual(['GetHostedZone', 'ListResourceRecordSets'])
})

test('the functions have used up Route 53’s requests: the record is read a moment later', async () => {
  furnish({})
  record({})
  cloud.faults.throttle({ service: 'route53', operation: 'ListResourceRecordSets' })
  const { code, said } = await doctor()
  expect({ code, said }).toMatchObject({ code: 0, said: expect.stringContaining('192.0.2.7 (TTL 60)') })
})

test('all is right with a certificate: the authority that is named may issue, by the record that is nearest', async () => {
  furnish(tls)
  admit(HTTP_FOR_ALL, HTTPS_FOR_ALL)
  await caa('example.com.', '0 issue ";"')
  await caa('app.example.com.', '0 issue "letsencrypt.org"')
  const { code, said } = await doctor()
  expect(said).not.toContain('FAIL')
  expect(said).toMatch(/ok +security group +sg-\w+ admits TCP 443/)
  expect(said).toMatch(/ok +certificate +nothing forbids letsencrypt.org to issue for app.example.com/)
  expect(code).toBe(0)
})

test('a domain that lets one account alone issue: said, since the stage makes its own', async () => {
  furnish(tls)
  admit(HTTP_FOR_ALL, HTTPS_FOR_ALL)
  await caa('example.com.', '0 issue "letsencrypt.org; accounturi=https://acme.example.net/acct/1"')
  const { code, said } = await doctor()
  expect(said).toMatch(/note +CAA +example.com lets only the account https:\/\/acme.example.net\/acct\/1 issue/)
  expect(code).toBe(0)
})

test.each<[string, Case, string, string]>([
  [
    'no such zone',
    { site: { hostedZoneId: 'Z00000000000000000000' } },
    'there is no hosted zone Z00000000000000000000',
    'aws route53 list-hosted-zones-by-name --dns-name example.com',
  ],
  ['a private zone', { zone: { privateZone: true } }, 'is private: visitors never ask it', 'the id of the public one'],
  [
    'another zone',
    { zone: { name: 'example.org' } },
    'is the zone of example.org',
    'aws route53 list-hosted-zones-by-name',
  ],
  [
    'a CNAME at the name',
    { more: () => record({ type: 'CNAME', values: ['other.example.net.'] }) },
    'a CNAME to other.example.net., which is never overwritten',
    'delete it',
  ],
  [
    'an alias at the name',
    { more: () => record({ ttl: null, values: [], alias: ALIAS }) },
    'is an alias record to dualstack.lb.example.net., which is never overwritten',
    `delete it, when nobody needs it: the console of Route 53, zone ${ZONE}, record ${NAME} A`,
  ],
  [
    'a stray AAAA',
    { more: () => record({ type: 'AAAA', values: ['2001:db8::1'] }) },
    'app.example.com AAAA 2001:db8::1: nobody keeps it, since the site has no ipv6, and visitors with IPv6 go there',
    `record ${NAME} AAAA; or put "ipv6": true into the site’s file, when the instance has an IPv6 address`,
  ],
  [
    'a stray AAAA alias',
    { more: () => record({ type: 'AAAA', ttl: null, values: [], alias: ALIAS }) },
    'app.example.com AAAA is an alias record to dualstack.lb.example.net.: nobody keeps it',
    `delete it, when nobody needs it: the console of Route 53, zone ${ZONE}, record ${NAME} AAAA`,
  ],
  [
    'no instance with the tags',
    { instance: { tags: { Name: 'other' } } },
    'bears Name=app',
    "--tags Key=Name,Value=app; or put its tags into the site's file; or is it in another region (--region)?",
  ],
  [
    'no stage tag',
    { instance: { tags: { Name: 'app' } } },
    'the service may not touch it',
    '--tags Key=ragstream-edge:stage,Value=prod',
  ],
  [
    'the tag of another stage',
    { instance: { tags: { ...TAGS, 'ragstream-edge:stage': 'dev' } } },
    'bears the tag of stage dev',
    '--tags Key=ragstream-edge:stage,Value=prod',
  ],
  [
    'idle, in an Auto Scaling group',
    { site: IDLE, instance: { tags: { ...TAGS, 'aws:autoscaling:groupName': 'web' } } },
    'belongs to the Auto Scaling group web, which terminates and replaces what is stopped',
    `take idle out of the file of ${NAME}`,
  ],
  ['no instance profile', { instance: { profile: null } }, 'has no instance profile', 'associate-iam-instance-profile'],
  ['no agent', { agent: false }, 'Systems Manager knows no agent', 'systemctl status amazon-ssm-agent'],
  [
    'an agent that has not been heard since the start',
    { more: restart },
    'heard last at',
    'systemctl status amazon-ssm-agent',
  ],
  [
    'no address',
    {
      more: () => {
        cloud.world.dispatch({ type: 'SetTempo', tempo: { publicIpDelayMs: 3_600_000 } })
        return restart()
      },
    },
    'runs without a public IPv4 address',
    'aws ec2 modify-subnet-attribute --region eu-central-1 --subnet-id subnet-0a1b2c3d4e5f60718 --map-public-ip-on-launch',
  ],
  [
    'port 80 closed',
    { more: () => admit() },
    'admits TCP 80',
    'authorize-security-group-ingress --region eu-central-1 --group-id sg-0a1b2c3d4e5f60718 --protocol tcp --port 80',
  ],
  [
    'port 443 closed to a site with a certificate',
    { ...tls, more: () => admit(HTTP_FOR_ALL) },
    'admits TCP 443',
    'authorize-security-group-ingress --region eu-central-1 --group-id sg-0a1b2c3d4e5f60718 --protocol tcp --port 443',
  ],
  [
    'the app’s port open',
    { more: () => admit(HTTP_FOR_ALL, { ...HTTP_FOR_ALL, ports: { from: 8501, to: 8501 } }) },
    'TCP 8501, the app’s own port, is open for 0.0.0.0/0',
    'revoke-security-group-ingress',
  ],
  [
    'a network ACL that denies visitors',
    { more: () => cloud.world.dispatch({ type: 'SetAclEntries', entries: [] }) },
    'acl-0a1b2c3d4e5f60718: inbound TCP 80 is denied',
    'create-network-acl-entry --region eu-central-1 --network-acl-id acl-0a1b2c3d4e5f60718 --ingress --protocol tcp --port-range From=80,To=80',
  ],
  [
    'no way to the Internet',
    { more: () => cloud.world.dispatch({ type: 'SetRoutes', routes: [] }) },
    'no way to an internet gateway: rtb-0a1b2c3d4e5f60718 (main): no route for 0.0.0.0/0',
    'create-route --region eu-central-1 --route-table-id rtb-0a1b2c3d4e5f60718 --destination-cidr-block 0.0.0.0/0',
  ],
  [
    'a domain that lets only others issue',
    { ...tls, more: () => caa('example.com.', '0 issue "pki.example.net"') },
    'example.com lets only pki.example.net issue, by its CAA records: app.example.com gets no certificate',
    'add to the CAA record of example.com: 0 issue "letsencrypt.org"',
  ],
  [
    'a domain that forbids the method',
    { ...tls, more: () => caa('app.example.com.', '0 issue "letsencrypt.org; validationmethods=http-01"') },
    'app.example.com does not let letsencrypt.org use the method dns-01',
    'add to the CAA record of app.example.com: 0 issue "letsencrypt.org"',
  ],
  [
    'the name of the proof held by somebody else',
    { ...tls, more: () => other('_acme-challenge.app.example.com.', 'CNAME', 'app.acme.example.net.') },
    '_acme-challenge.app.example.com holds a CNAME record of somebody else',
    `delete it (another ACME client’s?): the console of Route 53, zone ${ZONE}`,
  ],
  [
    'no right to read',
    {
      more: () => {
        cloud.authorize = ({ action }) => (action === 'ec2:DescribeInstances' ? 'not authorized' : undefined)
      },
    },
    'you may not read it',
    'credentials that allow ec2:DescribeInstances',
  ],
  [
    'no right to read the network ACL',
    {
      more: () => {
        cloud.authorize = ({ action }) => (action === 'ec2:DescribeNetworkAcls' ? 'not authorized' : undefined)
      },
    },
    'FAIL  network           you may not read it',
    'credentials that allow ec2:DescribeSecurityGroups, ec2:DescribeNetworkAcls and ec2:DescribeRouteTables',
  ],
  ['a wrong field', { site: { tll: 60 } }, 'tll: found an unknown field, wanted "ttl"?', 'docs/site.md'],
])('%s', async (_, one, says, fix) => {
  furnish(one)
  await one.more?.()
  const { code, said } = await doctor()
  const [block] = said
    .split('\n')
    .flatMap((line, index, all) => (line.startsWith('FAIL') ? [all.slice(index).join('\n')] : []))
  expect(block).toContain(says)
  expect(block).toContain(fix)
  expect(code).toBe(1)
})

describe('the instance’s own role', () => {
  const allow = (Condition?: object): unknown => ({
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Action: 'route53:Change*', Resource: `arn:aws:route53:::hostedzone/${ZONE}`, Condition },
    ],
  })
  const INLINE: RolePolicy = { name: 'dyndns', document: allow() }
  const ATTACHED: RolePolicy = { name: 'dns', arn: 'arn:aws:iam::123456789012:policy/team/dns', document: allow() }
  const deny = (action: string) => {
    cloud.authorize = (request) => (request.action === action ? `not authorized to perform: ${action}` : undefined)
  }
  const DETACH = 'aws iam detach-role-policy --role-name web-host-role --policy-arn'
  const DELETE = 'aws iam delete-role-policy --role-name web-host-role --policy-name'

  /** Furnishes an account whose role has these beside what the agent needs. */
  function lend(policies: readonly RolePolicy[], one: Case = {}): void {
    furnish(one)
    const role = hostRole(cloud.world.state.account, policies)
    cloud.world.dispatch({ type: 'PutInstanceProfile', name: 'web-host', role })
  }
  /** The commands of the fix. */
  const fixes = (said: string) => [...said.matchAll(/^ +(aws iam (?:detach|delete)-.*)$/gm)].map(([, line]) => line)
  const names = (...values: string[]) => ({
    'ForAllValues:StringEquals': { 'route53:ChangeResourceRecordSetsNormalizedRecordNames': values },
  })

  test.each<[string, RolePolicy[], string[]]>([
    ['by an inline policy', [INLINE], [`${DELETE} dyndns`]],
    ['by one that is attached', [ATTACHED], [`${DETACH} ${ATTACHED.arn}`]],
    ['by both', [INLINE, ATTACHED], [`${DETACH} ${ATTACHED.arn}`, `${DELETE} dyndns`]],
    ['for this name alone', [{ ...INLINE, document: allow(names(NAME)) }], [`${DELETE} dyndns`]],
  ])('may write the zone %s: a problem, with what takes it away', async (_, policies, commands) => {
    lend(policies)
    const { code, said } = await doctor()
    expect(said.match(/^FAIL.*/gm)).toEqual([
      `FAIL  own role          the role web-host-role of ${id} may itself write ${NAME} in ${ZONE}: a start-up script of the host and this service would overwrite each other`,
    ])
    expect(fixes(said)).toEqual(commands)
    // Before all else that is said of the account.
    expect(said.split('\n')[1]).toMatch(/^FAIL +own role/)
    expect(code).toBe(1)
  })

  const refusal = { ...INLINE, name: 'never', document: JSON.parse(JSON.stringify(allow()).replace('Allow', 'Deny')) }
  test.each<[string, RolePolicy[]]>([
    ['another name', [{ ...INLINE, document: allow(names('other.example.com')) }]],
    ['another zone', [{ ...INLINE, document: JSON.parse(JSON.stringify(allow()).replace(ZONE, 'ZOTHER')) }]],
    ['nothing, by an explicit deny', [INLINE, refusal]],
  ])('may write %s: no problem', async (_, policies) => {
    lend(policies)
    const { code, said } = await doctor()
    expect(said).toMatch(/^ok +own role +web-host-role may not write/m)
    expect(code).toBe(0)
  })

  test('its policies may not be listed: how to', async () => {
    lend([INLINE])
    deny('iam:ListRolePolicies')
    const { said } = await doctor()
    expect(said).toMatch(/^FAIL +own role/m)
    expect(said).toContain('aws iam list-role-policies --role-name web-host-role: take away the one that allows')
  })

  test.each(['iam:GetInstanceProfile', 'iam:SimulatePrincipalPolicy'])(
    'who asks lacks %s: said, and no problem',
    async (right) => {
      lend([INLINE])
      deny(right)
      const { code, said } = await doctor()
      expect(said).toMatch(/^note +own scripts +what the role of web-host allows is not seen from here/m)
      expect(said).toContain(
        `(your credentials lack iam:GetInstanceProfile and iam:SimulatePrincipalPolicy: not authorized to perform: ${right})`,
      )
      expect(said).toContain('aws iam simulate-principal-policy --policy-source-arn <role of web-host>')
      expect(code).toBe(0)
    },
  )

  test('a profile without a role', async () => {
    furnish({})
    cloud.world.dispatch({ type: 'PutInstanceProfile', name: 'web-host', role: null })
    const { code, said } = await doctor()
    expect(said).toMatch(/^FAIL +profile +the instance profile web-host of i-\w+ has no role/m)
    expect(said).toContain('aws iam add-role-to-instance-profile --instance-profile-name web-host --role-name')
    expect(code).toBe(1)
  })

  test('the zone lies in another account, which no right of this one opens: not seen, and said', async () => {
    const role = 'arn:aws:iam::210987654321:role/dns'
    lend([INLINE], { zone: { account: '210987654321' }, site: { dnsRoleArn: role } })
    const { code, said } = await doctor()
    expect(said).toMatch(
      /^note +own scripts +whether web-host-role may take a role in the account of Z0123456789ABCDEFGHIJ/m,
    )
    expect(code).toBe(0)
  })
})

describe('a zone in another account', () => {
  const ROLE = 'arn:aws:iam::210987654321:role/dns'
  const abroad: Case = { zone: { account: '210987654321' }, site: { dnsRoleArn: ROLE } }

  test('its role lets the doctor in: the zone is looked at like any other', async () => {
    furnish(abroad)
    record({})
    const { code, said } = await doctorAnew()
    expect(said).toMatch(/^ok +dns role +arn:aws:iam::210987654321:role\/dns lets you in$/m)
    expect(said).toContain('the domain is delegated to it')
    expect(said).toContain('192.0.2.7 (TTL 60): it will be kept up to date')
    expect(said).not.toContain('FAIL')
    expect(code).toBe(0)
  })

  /** The JSON documents in what was said. */
  const policies = (said: string) => [...said.matchAll(/^\{[\s\S]*?^\}/gm)].map(([text]) => JSON.parse(text))

  test('its role does not: one problem, with both policies to be copied, and who asks', async () => {
    furnish(abroad)
    cloud.authorize = ({ action }) => (action === 'sts:AssumeRole' ? 'User: me is not authorized' : undefined)
    const { code, said } = await doctorAnew()
    expect(said.match(/^FAIL.*/gm)).toEqual([
      'FAIL  dns role          you may not take arn:aws:iam::210987654321:role/dns: User: me is not authorized',
    ])
    expect(said).toContain('(you are arn:aws:iam::123456789012:user/local-admin)')
    const [trust, permissions] = policies(said)
    expect(trust.Statement[0].Condition.ArnLike['aws:PrincipalArn']).toContain(
      'arn:aws:iam::123456789012:role/ragstream-edge-prod-DnsSyncRole-*',
    )
    expect(permissions.Statement.map(({ Action }: { Action: string[] }) => Action)).toContainEqual([
      'route53:ChangeResourceRecordSets',
    ])
    expect(code).toBe(1)
  })

  test('its role may not read the zone: its permissions', async () => {
    furnish(abroad)
    cloud.authorize = ({ action }) => (action.startsWith('route53:') ? 'not authorized' : undefined)
    const { said } = await doctorAnew()
    expect(said.match(/^FAIL.*/gm)).toEqual([
      `FAIL  dns role          ${ROLE} may not read the zone ${ZONE}: not authorized`,
    ])
    expect(policies(said)).toHaveLength(1)
  })

  test('no role is named: it says where to', async () => {
    furnish({ zone: { account: '210987654321' } })
    const { said } = await doctorAnew()
    expect(said).toMatch(/^FAIL +zone +Z0123456789ABCDEFGHIJ lies in another account/m)
    expect(said).toContain('name a role of that account in the site’s file as dnsRoleArn')
  })
})

test('no credentials: said once, with what to do', async () => {
  furnish({})
  const none = { AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined, HOME: folder }
  const { code, said } = await doctorAnew({ ...none, AWS_EC2_METADATA_DISABLED: 'true' })
  expect(said.match(/^FAIL/gm)).toHaveLength(1)
  expect(said).toMatch(/FAIL +credentials +no credentials that AWS takes/)
  expect(said).toContain('export AWS_PROFILE=<profile>')
  expect(code).toBe(1)
})

test('a delegation that leads elsewhere', async () => {
  furnish({})
  const elsewhere = await startDns({
    world: { state: { ...cloud.world.state, zones: new Map([...cloud.world.state.zones].map(moved)) } },
  })
  const { said } = await doctor()
  expect(said).not.toContain('FAIL')
  const mine = dns
  dns = elsewhere
  const { code, said: told } = await doctor()
  await mine.close()
  expect(told).toContain('example.com is delegated to ns.elsewhere.net, and the zone lives at ns-1.awsdns-00.com,')
  expect(told).toContain('at the registrar of example.com')
  expect(code).toBe(1)
})

type Zone = Parameters<Parameters<typeof cloud.world.state.zones.forEach>[0]>[0]
const moved = ([zoneId, zone]: [string, Zone]): [string, Zone] => {
  const ns = { ...zone.served.get('example.com.|NS')!, values: ['ns.elsewhere.net.'] }
  return [zoneId, { ...zone, served: new Map([...zone.served, ['example.com.|NS', ns]]) }]
}

describe('a domain that nobody delegated', () => {
  let parent: Cloud
  let asked: DnsServer
  beforeEach(async () => {
    parent = await startCloud()
    parent.world.dispatch({ type: 'CreateHostedZone', id: 'ZPARENT', name: 'com' })
    asked = await startDns({ world: parent.world })
  })
  afterEach(async () => {
    await asked.close()
    await parent.close()
  })
  const undelegated = (RESOLVERS = `${asked.address}:${asked.port}`) => edgeWith({ RESOLVERS }, 'doctor')

  test('the parent knows no such name: the name servers to enter', async () => {
    furnish({})
    const { code, said } = await undelegated()
    expect(said).toMatch(
      /^FAIL +delegation +example.com is delegated to nothing \(ENOTFOUND\), and the zone lives at /m,
    )
    expect(said).toContain('at the registrar of example.com (or in the zone above it) enter these name servers: ns-1.')
    expect(code).toBe(1)
  })

  test('the parent knows the name, and no servers of it', async () => {
    furnish({})
    const record = { name: 'example.com.', type: 'A', ttl: 60, values: ['192.0.2.7'] }
    const { id: change } = parent.world.dispatch<'ChangeResourceRecordSets'>({
      ...{ type: 'ChangeResourceRecordSets', zoneId: 'ZPARENT', changes: [{ action: 'CREATE', record }] },
    })
    await until(parent.world, () => parent.world.state.changes.get(change)?.status === 'INSYNC')
    const { code, said } = await undelegated()
    expect(said).toMatch(/^FAIL +delegation +example.com is delegated to nothing \(ENODATA\)/m)
    expect(code).toBe(1)
  })

  test('it leads to servers that do not serve it: what a resolver says then', async () => {
    furnish({})
    const resolver = createSocket('udp4')
    resolver.on('message', (message, { port, address }) => {
      message.writeUInt16BE(SERVFAIL, 2)
      resolver.send(message, port, address)
    })
    await new Promise<void>((bound) => resolver.bind(0, '127.0.0.1', bound))
    const { code, said } = await undelegated(`127.0.0.1:${resolver.address().port}`)
    resolver.close()
    expect(said).toMatch(/^FAIL +delegation +example.com leads resolvers to servers that do not serve it/m)
    expect(code).toBe(1)
  })

  test('a resolver that refuses to answer proves nothing: a note', async () => {
    furnish({})
    const refusing = await startDns({ world: { state: { ...parent.world.state, zones: new Map() } } })
    const { code, said } = await undelegated(`${refusing.address}:${refusing.port}`)
    await refusing.close()
    expect(said).toMatch(/^note +delegation +the name servers of example.com could not be asked for: .*EREFUSED/m)
    expect(code).toBe(0)
  })
})
/** A response, recursion available, RCODE 2 (RFC 1035, 4.1.1). */
const SERVFAIL = 0x8182

test('no site file: it says how to get one, and --init writes it from what is there', async () => {
  cloud.world.dispatch({ type: 'CreateHostedZone', id: ZONE, name: 'example.com' })
  cloud.world.dispatch({ type: 'CreateHostedZone', id: 'ZPRIVATE', name: 'example.com', privateZone: true })
  const { id: only } = cloud.world.dispatch<'RunInstance'>({
    type: 'RunInstance',
    tags: { Name: 'app' },
    state: 'stopped',
  })
  expect((await doctor()).said).toContain('./edge init <hostname>')
  const { code, said } = await doctor('--init', NAME, '--image', 'app:1.0.0')
  expect(code).toBe(0)
  expect(JSON.parse(readFileSync(join(folder, `${NAME}.json`), 'utf8'))).toEqual({
    $schema: '../../docs/site.schema.json',
    hostname: NAME,
    hostedZoneId: ZONE,
    instances: { 'tag:Name': 'app' },
    image: 'app:1.0.0',
  })
  expect(said).toContain(`--resources ${only} --tags Key=ragstream-edge:stage,Value=prod`)
  expect((await doctor('--init', NAME)).said).toContain('wanted none')
  // The stage is bound to the region in which its first site was found.
  expect(readFileSync(join(folder, 'region.txt'), 'utf8')).toBe('eu-central-1\n')
  expect((await doctor()).said).toMatch(/^ok +region +eu-central-1, by AWS_REGION; .*; stage prod: eu-central-1, by /m)
  const asked = cloud.calls.length
  expect(await doctor('--region', 'us-east-1')).toEqual({
    code: 2,
    said: expect.stringMatching(
      /^region: found us-east-1 by --region, wanted eu-central-1, to which \S+ binds stage prod/,
    ),
  })
  expect(await doctorAnew({ AWS_REGION: '', HOME: '/nonexistent' }, '--stage', 'us')).toEqual({
    code: 2,
    said: expect.stringMatching(/^region: found none by --region, by AWS_REGION and in the profile default, wanted /),
  })
  expect(cloud.calls).toHaveLength(asked)
})

test('init --idle: stopped when nobody uses it, and at the latest after 12 hours; without it idle stays off', async () => {
  cloud.world.dispatch({ type: 'CreateHostedZone', id: ZONE, name: 'example.com' })
  cloud.world.dispatch({ type: 'RunInstance', tags: TAGS, state: 'stopped' })
  const init = (...words: string[]) => edge('init', NAME, '--image', 'app:1.0.0', ...words)
  expect((await init('--idle', '5m')).said).toContain('idle/stopAfter: found "5m", wanted a time from 10m to 24h')
  expect((await init('--idle', '45m')).code).toBe(0)
  const file = join(folder, `${NAME}.json`)
  expect(JSON.parse(readFileSync(file, 'utf8')).idle).toEqual({ stopAfter: '45m', longest: '12h' })
  rmSync(file)
  await init()
  expect(JSON.parse(readFileSync(file, 'utf8'))).not.toHaveProperty('idle')
})

test('a second site on the instance: --init gives it a port of its own, and two on one port are told', async () => {
  furnish({})
  const { code, said } = await doctor('--init', 'b.example.com', '--image', 'b:1.0.0')
  expect({ code, said }).toMatchObject({ code: 0, said: expect.stringContaining('"hostPort": 8502') })
  expect((await doctor()).code).toBe(0)
  const file = join(folder, 'b.example.com.json')
  writeFileSync(file, readFileSync(file, 'utf8').replace('8502', '8501'))
  expect((await doctor()).said).toContain(
    `b.example.com.json: container/hostPort: found 8501, wanted a port that site ${NAME} does not use too`,
  )
  // Only the account tells that two selectors mean one instance.
  writeFileSync(file, readFileSync(file, 'utf8').replace('"tag:Name": "app"', `"id": "${id}"`))
  const both = await doctor()
  expect(both.code).toBe(1)
  expect(both.said).toContain(`b.example.com and ${NAME} both want 127.0.0.1:8501 on ${id}`)
  expect(both.said).toContain('put "container": { "hostPort": <another> } into the file of b.example.com')
})

test('--init asks where it would have to guess', async () => {
  mkdirSync(join(folder, 'none'))
  cloud.world.dispatch({ type: 'CreateHostedZone', id: ZONE, name: 'example.com' })
  for (const Name of ['a', 'b']) cloud.world.dispatch({ type: 'RunInstance', tags: { Name }, state: 'stopped' })
  expect((await doctor('--init', NAME)).said).toMatch(
    /found i-\w+ \(a\), i-\w+ \(b\), wanted one: say which by --instance/,
  )
  expect((await doctor('--init', 'app.example.org')).said).toContain('found no public one for app.example.org')
  expect(existsSync(join(folder, `${NAME}.json`))).toBe(false)
})
