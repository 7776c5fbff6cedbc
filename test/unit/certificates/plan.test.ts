// When a certificate is obtained, renewed or kept, and why; what may stand at the name of a proof.

import { challengeRecord, claim, standingOf } from '../../../functions/lib/certificates/challenge.ts'
import { overdueCertificate, planCertificate } from '../../../functions/lib/certificates/plan.ts'
import { type Certificate, parseCertificate } from '../../../functions/lib/domain/site-certificate.ts'
import { resolveSites } from '../../../functions/lib/domain/site-set.ts'
import { aSite, siteDocument } from '../../support/domain.ts'

const DIRECTORY = 'https://ca.example.com/dir'
const stored = (fields: Partial<Certificate> = {}): Certificate => ({
  path: '/ragstream-edge/prod/tls/app.example.com/0123456789abcdef0123456789abcdef',
  names: ['www.example.com', 'app.example.com'],
  directory: DIRECTORY,
  notBefore: '2026-01-01T00:00:00.000Z',
  notAfter: '2026-04-01T00:00:00.000Z',
  ...fields,
})
const site = (certificate?: Certificate) => ({
  ...aSite('app.example.com', { aliases: ['www.example.com'], retired: ['old.example.com'], tls: 'acme' }),
  ...(certificate ? { certificate } : {}),
})

test.each([
  ['none', undefined, '2026-01-02', 'obtain', 'there is no certificate yet'],
  [
    'young',
    stored(),
    '2026-03-01T23:59:59.999',
    'keep',
    /^valid until 2026-04-01.*renewed from 2026-03-02T00:00:00.000Z on$/,
  ],
  ['two thirds of its life', stored(), '2026-03-02', 'renew', /^two thirds of its life have passed/],
  ['expired', stored(), '2026-04-01', 'renew', 'it expired at 2026-04-01T00:00:00.000Z'],
  [
    'a new alias',
    stored({ names: ['app.example.com'] }),
    '2026-01-02',
    'obtain',
    'its names changed: +www.example.com',
  ],
  [
    'an alias gone',
    stored({ names: ['app.example.com', 'www.example.com', 'w.example.com'] }),
    '2026-01-02',
    'obtain',
    'its names changed: -w.example.com',
  ],
  [
    'another authority',
    stored({ directory: 'https://test/dir' }),
    '2026-01-02',
    'obtain',
    /^it is of https:\/\/test\/dir/,
  ],
])('%s', (_, certificate, at, action, reason) => {
  const now = Date.parse(at.includes('T') ? `${at}Z` : at)
  expect(planCertificate(site(certificate), DIRECTORY, now)).toEqual({
    site: 'app.example.com',
    action,
    reason: typeof reason === 'string' ? reason : expect.stringMatching(reason),
  })
})

test('a stored certificate is read with its site; only with TLS, and only one of ours', () => {
  const read = (tls: string, value: string) => {
    const sites = [{ name: 'app.example.com', value: JSON.stringify(siteDocument('app.example.com', { tls })) }]
    return resolveSites(sites, [], [{ name: 'app.example.com', value }]).sites[0]?.certificate
  }
  expect(read('acme', JSON.stringify(stored()))).toEqual(stored())
  expect(read('off', JSON.stringify(stored()))).toBeUndefined()
  for (const other of [
    'no JSON',
    '{}',
    JSON.stringify({ ...stored(), notAfter: 'soon' }),
    JSON.stringify({ ...stored(), names: 'a' }),
  ])
    expect(parseCertificate(other)).toBeUndefined()
})

describe('the name of a proof', () => {
  const now = Date.parse('2026-01-02')
  const ours = (until: number) => challengeRecord({ hostname: 'app.example.com', value: 'abc' }, until)
  const txt = { name: '_acme-challenge.app.example.com.', type: 'TXT', ttl: 60, values: ['"x"'] }

  test('our record holds the proof, and until when somebody may be at work', () =>
    expect(ours(now)).toEqual({
      ...txt,
      ttl: 10,
      values: ['"abc"', '"ragstream-edge until 2026-01-02T00:00:00.000Z"'],
    }))

  test.each([
    ['nothing', [], 'free'],
    ['a record of another type', [{ ...txt, type: 'CAA', values: ['0 issue "ca"'] }], 'free'],
    ['ours, with time left', [ours(now + 1)], 'busy'],
    ['ours, its time over', [ours(now)], 'left'],
    ['another program’s', [txt], 'foreign'],
    ['a CNAME', [{ ...txt, type: 'CNAME', values: ['elsewhere.example.com.'] }], 'foreign'],
    ['one under a routing policy', [{ ...ours(now), special: 'a record under a routing policy' }], 'foreign'],
  ])('%s', (_, records, kind) => expect(standingOf(records, now).kind).toBe(kind))

  test('what was left is replaced exactly as it was read, so that two runs cannot both have the name', () => {
    const record = ours(now + 1)
    expect(claim(record, standingOf([ours(now)], now))).toEqual({ action: 'replace', record, previous: ours(now) })
    expect(claim(record, { kind: 'free' })).toEqual({ action: 'create', record })
  })
})

test.each<[string, string, string, boolean]>([
  ['of 90 days, three days after two thirds', '2026-04-01', '2026-03-05', true],
  ['a moment before', '2026-04-01', '2026-03-04T23:59:59.999', false],
  ['of 6 days: half of the last third', '2026-01-07', '2026-01-06', true],
  ['a moment before that', '2026-01-07', '2026-01-05T23:59:59.999', false],
  ['expired, which is told as such', '2026-04-01', '2026-04-01', false],
])('overdue: %s', (_, notAfter, now, wanted) => {
  const one = site(stored({ notAfter: `${notAfter}T00:00:00.000Z` }))
  expect(overdueCertificate(one, Date.parse(`${now.includes('T') ? now : `${now}T00:00:00`}Z`)) !== undefined).toBe(
    wanted,
  )
  expect(overdueCertificate({ ...one, tls: 'off' }, Date.parse(`${now.slice(0, 10)}T23:00:00Z`))).toBeUndefined()
})
