// What ./edge start says of HTTPS, which the local cloud has not.
import { lacksAuthority, liveLine } from '../../../cli/start/https.ts'

const plain = { hostname: 'a.example.com', tls: 'off' }
const secure = { hostname: 'b.example.com', tls: 'acme' }

test('a site that wants a certificate is told that nobody gives one here', () => {
  const told = 'a certificate authority: b.example.com gets no certificate, and HTTPS is not exercised'
  expect(lacksAuthority([plain, secure])).toEqual([told])
})

test('all hops are exercised only where HTTPS is none of them', () => {
  const end = (site: typeof plain) => liveLine(site, '203.0.113.10', 9.04, 8).replace(/^.* s, /, '')
  expect([plain, secure].map(end)).toEqual(['hops exercised: 8 of 8', 'hops exercised: 8 of 9, without HTTPS'])
})
