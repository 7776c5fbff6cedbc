// The Route 53 adapter: exact requests, pages, the record after the asked one, and what each error becomes.
import {
  ChangeResourceRecordSetsCommand,
  GetChangeCommand,
  ListResourceRecordSetsCommand,
  type ResourceRecordSet,
  Route53Client,
} from '@aws-sdk/client-route-53'
import { mockClient } from 'aws-sdk-client-mock'
import { changeRecords, isInSync, listRecords } from '../../functions/lib/aws/route53.ts'
import { BatchRejected, RoleRefused, TryLater, UnexpectedReply } from '../../functions/lib/domain/errors.ts'
import { compareNames } from '../../functions/lib/domain/record.ts'
import { route53Error } from '../support/aws.ts'
import { aRecord, ZONE } from '../support/domain.ts'
import { virtualTime } from '../support/virtual-time.ts'

const route53 = mockClient(Route53Client)
const time = virtualTime()
beforeEach(() => {
  route53.reset()
  time.pass(60_000)
})

const listed = (Name: string, fields: Partial<ResourceRecordSet> = {}): ResourceRecordSet => ({
  Name,
  Type: 'A',
  TTL: 60,
  ResourceRecords: [{ Value: '203.0.113.1' }],
  ...fields,
})
const NAME = 'app.example.com.'
const lists = () => route53.commandCalls(ListResourceRecordSetsCommand).map((call) => call.args[0].input)

/** Answers as the service does: from the first record at or after the start, so many a page. */
function zoneOf(names: readonly string[], pageSize: number): void {
  const records = [...names].sort(compareNames).map((name) => listed(name))
  route53.on(ListResourceRecordSetsCommand).callsFake((input) => {
    const first = records.findIndex(({ Name }) => compareNames(Name!, input.StartRecordName) >= 0)
    const rest = first < 0 ? [] : records.slice(first)
    const next = rest[pageSize]
    return {
      ResourceRecordSets: rest.slice(0, pageSize),
      IsTruncated: next !== undefined,
      ...(next ? { NextRecordName: next.Name, NextRecordType: next.Type } : {}),
    }
  })
}

describe('listRecords', () => {
  test('asks from the first name on, 300 a page, and keeps every type at it', async () => {
    route53.on(ListResourceRecordSetsCommand).resolves({
      ResourceRecordSets: [
        listed('app.example.com.'),
        listed('app.example.com.', { Type: 'TXT', ResourceRecords: [{ Value: '"x"' }] }),
      ],
    })
    await expect(listRecords(ZONE, ['app.example.com.'])).resolves.toEqual([
      aRecord(),
      aRecord({ type: 'TXT', values: ['"x"'] }),
    ])
    expect(lists()).toEqual([{ HostedZoneId: ZONE, StartRecordName: 'app.example.com.', MaxItems: 300 }])
  })

  test('peer fault: reads the first listed record without comparing its name', async () => {
    zoneOf(['apq.example.com.', 'b.example.com.'], 300)
    await expect(listRecords(ZONE, ['app.example.com.'])).resolves.toEqual([])
  })

  test('no name, no call', async () => {
    await expect(listRecords(ZONE, [])).resolves.toEqual([])
    expect(lists()).toEqual([])
  })

  test('one page answers many names', async () => {
    zoneOf(['a.example.com.', 'b.example.com.', 'c.example.com.'], 300)
    const records = await listRecords(ZONE, ['c.example.com.', 'a.example.com.', 'x.example.com.'])
    expect(records.map(({ name }) => name)).toEqual(['a.example.com.', 'c.example.com.'])
    expect(lists()).toHaveLength(1)
  })

  test('a truncated listing jumps to the next wanted name, and ends after the last one', async () => {
    const names = Array.from({ length: 100 }, (_, index) => `s${String(index).padStart(2, '0')}.example.com.`)
    zoneOf(names, 10)
    const records = await listRecords(ZONE, ['s00.example.com.', 's55.example.com.', 's56.example.com.'])
    expect(records.map(({ name }) => name)).toEqual(['s00.example.com.', 's55.example.com.', 's56.example.com.'])
    expect(lists().map(({ StartRecordName }) => StartRecordName)).toEqual(['s00.example.com.', 's55.example.com.'])
  })

  test('a name cut by the end of a page goes on where the page says, with type and identifier', async () => {
    route53
      .on(ListResourceRecordSetsCommand)
      .resolvesOnce({
        ResourceRecordSets: [listed('app.example.com.', { SetIdentifier: 'blue' })],
        IsTruncated: true,
        NextRecordName: 'app.example.com.',
        NextRecordType: 'A',
        NextRecordIdentifier: 'green',
      })
      .resolves({ ResourceRecordSets: [listed('app.example.com.', { SetIdentifier: 'green' })] })
    await expect(listRecords(ZONE, ['app.example.com.'])).resolves.toHaveLength(2)
    expect(lists()[1]).toEqual({
      HostedZoneId: ZONE,
      StartRecordName: 'app.example.com.',
      StartRecordType: 'A',
      StartRecordIdentifier: 'green',
      MaxItems: 300,
    })
  })

  test('no jump from an escaped name, wherever it sorts', async () => {
    route53
      .on(ListResourceRecordSetsCommand)
      .resolvesOnce({
        ResourceRecordSets: [],
        IsTruncated: true,
        NextRecordName: '\\052.example.com.',
        NextRecordType: 'A',
      })
      .resolves({ ResourceRecordSets: [listed('\\052.example.com.'), listed('0.example.com.')] })
    await expect(listRecords(ZONE, ['0.example.com.'])).resolves.toEqual([aRecord({ name: '0.example.com.' })])
    expect(lists()[1]).toMatchObject({ StartRecordName: '\\052.example.com.', StartRecordType: 'A' })
  })

  test('what we can not have written says what it is', async () => {
    const AliasTarget = { HostedZoneId: 'Z1', DNSName: 'lb.example.net.', EvaluateTargetHealth: false }
    route53.on(ListResourceRecordSetsCommand).resolves({
      ResourceRecordSets: [
        { Name: 'app.example.com.', Type: 'A', AliasTarget },
        listed('app.example.com.', { SetIdentifier: 'blue', Weight: 1 }),
      ],
    })
    await expect(listRecords(ZONE, ['app.example.com.'])).resolves.toEqual([
      aRecord({ ttl: undefined, values: [], special: 'an alias record to lb.example.net.' }),
      aRecord({ special: 'a record under a routing policy (set identifier "blue")' }),
    ])
  })

  test('an empty reply is no record', async () => {
    route53.on(ListResourceRecordSetsCommand).resolves({})
    await expect(listRecords(ZONE, ['app.example.com.'])).resolves.toEqual([])
  })

  test('a record of ours without type is no reply', async () => {
    route53.on(ListResourceRecordSetsCommand).resolves({ ResourceRecordSets: [{ Name: 'app.example.com.' } as never] })
    await expect(listRecords(ZONE, ['app.example.com.'])).rejects.toThrow(UnexpectedReply)
  })

  test('AccessDenied keeps its name: it is not about a batch', async () => {
    route53.on(ListResourceRecordSetsCommand).rejects(route53Error('AccessDenied', 'not authorized'))
    await expect(listRecords(ZONE, ['app.example.com.'])).rejects.toMatchObject({ name: 'AccessDenied' })
  })
})

test.each([
  ['at once', [0, 0, 0, 0], [0, 0, 800, 1200]],
  [
    'a second request while the first is answered, and later ones',
    [0, 60, 1300, 1350, 1360],
    [0, 60, 1300, 1350, 2100],
  ],
])(
  'requests have 400 ms each, since the account has 5 a second; the second goes on credit: %s',
  async (_, asked, sent) => {
    const start = time.now()
    const times: number[] = []
    route53.on(ListResourceRecordSetsCommand).callsFake(() => {
      times.push(time.now() - start)
      return {}
    })
    for (const at of asked) {
      time.pass(Math.max(0, at - (time.now() - start)))
      await listRecords(ZONE, ['app.example.com.'])
    }
    expect(times).toEqual(sent)
  },
)

describe('changeRecords', () => {
  const [previous, record] = [aRecord({ ttl: 300, values: ['203.0.113.9', '203.0.113.8'] }), aRecord()]
  const accepted = () =>
    route53
      .on(ChangeResourceRecordSetsCommand)
      .resolves({ ChangeInfo: { Id: '/change/C1', Status: 'PENDING', SubmittedAt: new Date(0) } })

  test('creations, compare-and-swap replacements and exact deletions, in one call', async () => {
    accepted()
    await changeRecords(
      ZONE,
      [
        { action: 'create', record },
        { action: 'replace', previous, record },
        { action: 'delete', previous },
      ],
      'why',
    )
    const before = {
      Name: 'app.example.com.',
      Type: 'A',
      TTL: 300,
      ResourceRecords: [{ Value: '203.0.113.9' }, { Value: '203.0.113.8' }],
    }
    const after = { Name: 'app.example.com.', Type: 'A', TTL: 60, ResourceRecords: [{ Value: '203.0.113.1' }] }
    expect(route53.commandCalls(ChangeResourceRecordSetsCommand).map((call) => call.args[0].input)).toEqual([
      {
        HostedZoneId: ZONE,
        ChangeBatch: {
          Comment: 'why',
          Changes: [
            { Action: 'CREATE', ResourceRecordSet: after },
            { Action: 'DELETE', ResourceRecordSet: before },
            { Action: 'CREATE', ResourceRecordSet: after },
            { Action: 'DELETE', ResourceRecordSet: before },
          ],
        },
      },
    ])
  })

  test.each([{}, { ChangeInfo: {} }])('no id of the change is no reply: %j', async (reply) => {
    route53.on(ChangeResourceRecordSetsCommand).resolves(reply as never)
    await expect(changeRecords(ZONE, [{ action: 'create', record }], '')).rejects.toThrow(UnexpectedReply)
  })

  test.each(['Throttling', 'ThrottlingException', 'PriorRequestNotComplete', 'ServiceUnavailable', 'InternalFailure'])(
    '%s: later, with one attempt only',
    async (name) => {
      route53.on(ChangeResourceRecordSetsCommand).rejects(route53Error(name, 'Rate exceeded'))
      const run = changeRecords(ZONE, [{ action: 'create', record }], '')
      await expect(run).rejects.toMatchObject({
        name: name === 'PriorRequestNotComplete' ? 'ZoneBusy' : 'TryLater',
        message: `Route 53: ${name}: Rate exceeded`,
        cause: { name },
      })
      expect(route53.calls()).toHaveLength(1)
    },
  )

  test.each(['ECONNRESET', 'ECONNREFUSED', 'EPIPE', 'ETIMEDOUT'])('the line breaks (%s): later', async (code) => {
    route53.on(ChangeResourceRecordSetsCommand).rejects(Object.assign(new Error('x'), { code }))
    await expect(changeRecords(ZONE, [{ action: 'create', record }], '')).rejects.toThrow(TryLater)
  })

  test.each(['InvalidChangeBatch', 'InvalidInput', 'AccessDenied', 'AccessDeniedException'])(
    '%s: about the batch',
    async (name) => {
      route53.on(ChangeResourceRecordSetsCommand).rejects(route53Error(name, 'words'))
      const error: unknown = await changeRecords(ZONE, [{ action: 'create', record }], '').catch((thrown) => thrown)
      expect(error).toBeInstanceOf(BatchRejected)
      expect(error).toMatchObject({ reasons: ['words'], cause: { name } })
    },
  )

  test.each(['NoSuchHostedZone', 'InvalidSignature'])('%s: as it came', async (name) => {
    route53.on(ChangeResourceRecordSetsCommand).rejects(route53Error(name))
    await expect(changeRecords(ZONE, [{ action: 'create', record }], '')).rejects.toMatchObject({ name })
  })

  const ONE = "Tried to create resource record set [name='a.example.com.', type='A'] but it already exists"
  const TWO = "Tried to delete resource record set [name='b.example.com.', type='A'] but it was not found"
  const BAD =
    "Invalid Resource Record: 'FATAL problem: ARRDATAIllegalIPv4Address (Value is not a valid IPv4 address) encountered with '1, 2''"

  test.each<[string, string, string[] | undefined, string[]]>([
    ['its own list', 'summary', [ONE, TWO], [ONE, TWO]],
    ['an empty list', ONE, [], [ONE]],
    ['one sentence in brackets', `[${ONE}]`, undefined, [ONE]],
    [
      'several in brackets: the commas inside of one do not count',
      `[${ONE}, ${BAD}, ${TWO}]`,
      undefined,
      [ONE, BAD, TWO],
    ],
    ['a bare sentence', BAD, undefined, [BAD]],
  ])('the service’s sentences from %s', async (_, message, messages, reasons) => {
    route53.on(ChangeResourceRecordSetsCommand).rejects(route53Error('InvalidChangeBatch', message, messages))
    await expect(changeRecords(ZONE, [{ action: 'create', record }], '')).rejects.toMatchObject({ reasons })
  })
})

describe('in another account', () => {
  const abroad = async () => ({ accessKeyId: 'ASIA', secretAccessKey: 'x' })
  const clients = () => route53.commandCalls(ListResourceRecordSetsCommand).map(({ thisValue }) => thisValue)

  test('each identity has a client of its own, which is kept, and a pace of its own, since the limit is the account’s', async () => {
    route53.on(ListResourceRecordSetsCommand).resolves({})
    const start = time.now()
    for (const credentials of [undefined, abroad, undefined, abroad]) await listRecords(ZONE, [NAME], credentials)
    const [own, foreign, ...again] = clients()
    expect(own).not.toBe(foreign)
    expect(again).toEqual([own, foreign])
    expect(time.now()).toBe(start)
  })

  test('a role that is refused is a refused batch: the changes of other zones go on', async () => {
    route53.on(ChangeResourceRecordSetsCommand).rejects(new RoleRefused('dns-sync may not take the role'))
    const change = changeRecords(ZONE, [{ action: 'create', record: aRecord() }], '', abroad)
    await expect(change).rejects.toThrow(BatchRejected)
    await expect(change).rejects.toMatchObject({ reasons: ['dns-sync may not take the role'] })
  })

  test('a role that is refused is said as such where records are read', async () => {
    route53.on(ListResourceRecordSetsCommand).rejects(new RoleRefused('no'))
    await expect(listRecords(ZONE, [NAME], abroad)).rejects.toThrow(RoleRefused)
  })
})

describe('isInSync', () => {
  const SUBMITTED = new Date(0)
  test.each([
    ['PENDING', false],
    ['INSYNC', true],
  ] as const)('%s', async (Status, inSync) => {
    route53.on(GetChangeCommand).resolves({ ChangeInfo: { Id: '/change/C1', Status, SubmittedAt: SUBMITTED } })
    await expect(isInSync('C1')).resolves.toBe(inSync)
    expect(route53.commandCalls(GetChangeCommand)[0]?.args[0].input).toEqual({ Id: 'C1' })
  })
  test('long forgotten: it has been so for weeks', async () => {
    route53.on(GetChangeCommand).rejects(route53Error('NoSuchChange'))
    await expect(isInSync('C1')).resolves.toBe(true)
  })
  test('throttled: later', async () => {
    route53.on(GetChangeCommand).rejects(route53Error('Throttling'))
    await expect(isInSync('C1')).rejects.toThrow(TryLater)
  })
  test('the id is the one that changeRecords gave', async () => {
    const ChangeInfo = { Id: '/change/C1', Status: 'PENDING' as const, SubmittedAt: SUBMITTED }
    route53.on(ChangeResourceRecordSetsCommand).resolves({ ChangeInfo })
    await expect(changeRecords(ZONE, [{ action: 'create', record: aRecord() }], '')).resolves.toBe('C1')
  })
})
