// Certificate authorities side by side: none writes where another one does.
import { X509Certificate } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, unlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type Authority, openAuthority } from '../../../../local/machine/authority.ts'

let outside: string
let within: string
beforeEach(() => {
  outside = mkdtempSync(path.join(tmpdir(), 'ragstream-edge-authorities-'))
  within = path.join(outside, '.cache', 'run')
  mkdirSync(within, { recursive: true })
})
afterEach(() => rmSync(outside, { recursive: true }))

const serialOf = (authority: Authority) => new X509Certificate(authority.issue(['a.example']).certificate).serialNumber

test('below a folder with a dot in its name, an authority writes into its own folder only', () => {
  const authority = openAuthority(within)
  const serials = [serialOf(authority), serialOf(authority)]
  expect(new Set(serials).size).toBe(2)
  authority.close()
  expect(readdirSync(outside, { recursive: true }).sort()).toEqual(['.cache', path.join('.cache', 'run')])
})

test('what openssl says comes with the error', () => {
  const authority = openAuthority(within)
  unlinkSync(path.join(path.dirname(authority.rootFile), 'intermediate.key'))
  expect(() => authority.issue(['a.example'])).toThrow('No such file or directory')
})
