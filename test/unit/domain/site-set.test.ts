// Two owners, two parameters, one picture: which documents become sites and which are left as they are.
import { describeBrokenSite, resolveSites, type StoredDocument } from '../../../functions/lib/domain/site-set.ts'
import { siteDocument } from '../../support/domain.ts'

const stored = (name: string, fields: Readonly<Record<string, unknown>> = {}): StoredDocument => ({
  name,
  value: JSON.stringify(siteDocument(name, fields)),
})

const namesIn = (sites: readonly { readonly hostname: string }[]) => sites.map(({ hostname }) => hostname)

test('sites in the order of their hostnames, whatever the order of the parameters', () => {
  const { sites, broken } = resolveSites([stored('b.example.com'), stored('a.example.com')], [])
  expect([namesIn(sites), broken]).toEqual([['a.example.com', 'b.example.com'], []])
})

test('the image parameter wins over the document, blanks around it do not count', () => {
  const { sites } = resolveSites([stored('a.example.com')], [{ name: 'a.example.com', value: 'ragstream:2.0.0\n' }])
  expect(sites[0]?.image).toBe('ragstream:2.0.0')
})

test('an image for a name without a site is nothing', () =>
  expect(resolveSites([], [{ name: 'a.example.com', value: 'x' }])).toEqual({ sites: [], broken: [] }))

test.each<[string, StoredDocument, StoredDocument[], string]>([
  [
    'not JSON',
    { name: 'a.example.com', value: '{"hostname":' },
    [],
    'site a.example.com is left as it is: (document): found Unexpected end of JSON input, wanted JSON',
  ],
  [
    'not JSON, and the parser’s excerpt could be a secret',
    { name: 'a.example.com', value: `{"container":{"env":{"TOKEN":hunter2${'x'.repeat(40)}}}}` },
    [],
    "site a.example.com is left as it is: (document): found Unexpected token 'h', wanted JSON",
  ],
  [
    'another hostname than its parameter',
    { ...stored('b.example.com'), name: 'a.example.com' },
    [],
    'site a.example.com is left as it is: hostname: found "b.example.com", wanted "a.example.com", as in the name of the file or parameter',
  ],
  [
    'an image parameter that is no image',
    stored('a.example.com'),
    [{ name: 'a.example.com', value: 'rag stream' }],
    'site a.example.com is left as it is: image (of the images/ parameter): found "rag stream", wanted an image reference, such as ragstream:1.4.0',
  ],
  [
    'two errors',
    stored('a.example.com', { ttl: 0, tll: 1 }),
    [],
    'site a.example.com is left as it is: tll: found an unknown field, wanted "ttl"?; ttl: found 0, wanted 1 to 86400',
  ],
])('%s: left as it is, and the others are served', (_, broken, images, sentence) => {
  const set = resolveSites([broken, stored('c.example.com')], images)
  expect(namesIn(set.sites)).toEqual(['c.example.com'])
  expect(set.broken.map(describeBrokenSite)).toEqual([sentence])
})

test('two sites that claim one name: neither is touched, and each names the other', () => {
  const set = resolveSites(
    [
      stored('a.example.com', { aliases: ['www.example.com'] }),
      stored('b.example.com', { retired: ['www.example.com'] }),
      stored('c.example.com'),
    ],
    [],
  )
  expect(namesIn(set.sites)).toEqual(['c.example.com'])
  expect(set.broken.map(describeBrokenSite)).toEqual([
    'site a.example.com is left as it is: hostname, aliases or retired: found "www.example.com", wanted a name that site b.example.com does not claim too',
    'site b.example.com is left as it is: hostname, aliases or retired: found "www.example.com", wanted a name that site a.example.com does not claim too',
  ])
})

describe('the role of a zone in another account', () => {
  const ROLE = 'arn:aws:iam::210987654321:role/dns'

  test('one that the sites of a zone agree on, and another zone with none', () => {
    const other = stored('c.example.org', { hostedZoneId: 'Z2ZZZZ' })
    const set = resolveSites(
      [stored('a.example.com', { dnsRoleArn: ROLE }), stored('b.example.com', { dnsRoleArn: ROLE }), other],
      [],
    )
    expect(set.broken).toEqual([])
    expect(set.sites.map(({ dnsRoleArn }) => dnsRoleArn)).toEqual([ROLE, ROLE, null])
  })

  test('two that disagree about one zone: neither is touched, and each names both fields of the other', () => {
    const set = resolveSites([stored('a.example.com', { dnsRoleArn: ROLE }), stored('b.example.com')], [])
    expect(set.sites).toEqual([])
    expect(set.broken.map(describeBrokenSite)).toEqual([
      `site a.example.com is left as it is: dnsRoleArn: found "${ROLE}", wanted null, as the dnsRoleArn of site b.example.com in the same hostedZoneId Z0123456789ABCDEFGHIJ`,
      `site b.example.com is left as it is: dnsRoleArn: found null, wanted "${ROLE}", as the dnsRoleArn of site a.example.com in the same hostedZoneId Z0123456789ABCDEFGHIJ`,
    ])
  })
})
