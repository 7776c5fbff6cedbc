// What the doctor says of an instance that is stopped when nobody uses it, and that of any other site it says nothing.
import type { AccountInstance } from '../../../cli/doctor/account.ts'
import { judgeIdle } from '../../../cli/doctor/judge-idle.ts'
import type { Stopping } from '../../../cli/doctor/stopping.ts'
import { aSite } from '../../support/domain.ts'

const site = aSite('app.example.com', { idle: { stopAfter: '45m' } })
const anInstance = (fields: Partial<AccountInstance> = {}): AccountInstance => ({
  ...{ id: 'i-1', state: 'running', tags: {}, publicIp: undefined, launchTime: 0, profile: undefined },
  ...{ vpcId: undefined, subnetId: undefined, groupIds: [], rootDevice: 'ebs', spotRequest: undefined, volumeIds: [] },
  ...fields,
})
const well: Stopping = {
  ...{ isProtected: { value: false }, spot: { value: undefined }, volumes: { value: [] }, lacks: { value: [] } },
}
const STOPS = { kind: 'ok', subject: 'idle', says: 'EC2 stops i-1 when nobody has used it for 45m' }
const MAY = { kind: 'ok', subject: 'idle rights', says: 'the role of the function idle may look and stop' }

const judged = (stopping: Partial<Stopping>, instance: Partial<AccountInstance> = {}) =>
  judgeIdle({ instance: anInstance(instance), stopping: { ...well, ...stopping } }, site, 'eu-central-1')
const refused = (says: string, fix: string) => ({ kind: 'problem', subject: 'idle', says, fix })
const denied = Object.assign(new Error('no right'), { name: 'AccessDenied' })
const KEY = 'arn:aws:kms:eu-central-1:123456789012:key/1'

test('a site without idle: no line', () => {
  const host = { instance: anInstance({ rootDevice: 'instance-store' }), stopping: well }
  expect(judgeIdle(host, aSite('app.example.com'), 'eu-central-1')).toEqual([])
})

test('all is well', () => expect(judged({})).toEqual([STOPS, MAY]))

test('persistent Spot Instances stop', () => expect(judged({ spot: { value: 'persistent' } })).toEqual([STOPS, MAY]))

test.each<[string, Partial<Stopping>, Partial<AccountInstance>, string, string]>([
  [
    'an Auto Scaling group',
    {},
    { tags: { 'aws:autoscaling:groupName': 'web' } },
    'i-1 belongs to the Auto Scaling group web, which terminates and replaces what is stopped: it is never stopped',
    'take idle out of the file of app.example.com, or take the instance out of the group: aws autoscaling detach-instances --region <region> --auto-scaling-group-name web --instance-ids i-1 --should-decrement-desired-capacity',
  ],
  [
    'an instance store',
    {},
    { rootDevice: 'instance-store' },
    'the root device of i-1 is an instance store: EC2 cannot stop it',
    'take idle out of the file of app.example.com, or launch the instance from an image whose root device is an EBS volume',
  ],
  [
    'a one-time Spot Instance',
    { spot: { value: 'one-time' } },
    {},
    'i-1 is a Spot Instance of a one-time request: EC2 cannot stop it',
    'launch it on demand, or by a persistent Spot request that stops when it is interrupted',
  ],
  [
    'stop protection',
    { isProtected: { value: true } },
    {},
    'i-1 is protected from being stopped: EC2 refuses it',
    'aws ec2 modify-instance-attribute --region eu-central-1 --instance-id i-1 --no-disable-api-stop',
  ],
])('%s: a problem, and not the line that it stops', (_, stopping, instance, says, fix) =>
  expect(judged(stopping, instance)).toEqual([refused(says, fix), MAY]),
)

test('the role may not stop: a boundary', () => {
  const [, line] = judged({ lacks: { value: ['ec2:StopInstances'] } })
  expect(line).toMatchObject({ kind: 'problem', says: 'the role of the function idle may not ec2:StopInstances' })
})

test('before the first deploy, or without the right to ask: a note', () => {
  const [, line] = judged({ lacks: { error: denied } })
  expect(line).toMatchObject({ kind: 'note', subject: 'idle rights', says: expect.stringContaining('no right') })
})

test('a volume whose key you may not grant: a note that says how to see whose key it is; one that you may: nothing', () => {
  const volumes = [
    { id: 'vol-1', key: KEY, mayGrant: false },
    { id: 'vol-2', key: KEY, mayGrant: true },
  ]
  expect(judged({ volumes: { value: volumes } })).toEqual([
    STOPS,
    MAY,
    {
      kind: 'note',
      subject: 'idle volumes',
      says: `vol-1 of i-1 is encrypted with ${KEY}, and your policies do not allow kms:CreateGrant: with a key of your own, a start succeeds and i-1 stays stopped`,
      fix: `aws kms describe-key --region <region> --key-id ${KEY} --query KeyMetadata.KeyManager: AWS is fine. With CUSTOMER, who starts it needs kms:CreateGrant, by the policy of the key or their own`,
    },
  ])
})

test('what may not be asked about volumes is a note, what else was not read a problem', () => {
  expect(judged({ volumes: { error: denied } })).toContainEqual(expect.objectContaining({ kind: 'note' }))
  expect(judged({ volumes: { error: new Error('late') } })).toContainEqual(expect.objectContaining({ kind: 'problem' }))
  expect(judged({ spot: { error: denied }, isProtected: { error: denied } })).toMatchObject([
    { kind: 'problem', fix: expect.stringContaining('ec2:DescribeSpotInstanceRequests') },
    { kind: 'problem', fix: expect.stringContaining('ec2:DescribeInstanceAttribute') },
    MAY,
  ])
})
