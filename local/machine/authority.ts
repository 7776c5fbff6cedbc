// A certificate authority that is nobody's: root, intermediate, and certificates for names, by openssl.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface Pem {
  readonly key: string
  readonly certificate: string
  readonly chain: string
}

export interface Authority {
  readonly root: string
  /** The same as a file. */
  readonly rootFile: string
  /** `days` 0 is expired as soon as it is there. */
  issue(names: readonly string[], days?: number): Pem
  close(): void
}

const EC = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
/** Validators that keep to RFC 5280 want to be told who may sign, and which key is whose. */
const SIGNS = 'keyUsage=critical,keyCertSign,cRLSign'
const KNOWN = 'subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n'

export function openAuthority(within = tmpdir()): Authority {
  const folder = mkdtempSync(join(within, 'ragstream-edge-ca-'))
  const at = (name: string) => join(folder, name)
  // What openssl says against it comes with the error.
  const openssl = (...words: string[]) => void execFileSync('openssl', words, { stdio: ['ignore', 'ignore', 'pipe'] })
  const read = (name: string) => readFileSync(at(name), 'utf8')
  const named = ['-subj', '/CN=Test Root', '-addext', SIGNS]
  openssl('req', '-x509', ...EC, '-days', '30', ...named, '-keyout', at('root.key'), '-out', at('root'))
  const sign = (name: string, issuer: string, subject: string, extensions: string, days: number) => {
    openssl('req', '-new', ...EC, '-subj', subject, '-keyout', at(`${name}.key`), '-out', at(`${name}.csr`))
    writeFileSync(at(`${name}.ext`), extensions)
    // Else openssl cuts the issuer's path at its last dot, wherever that is: one file for all folders below `.cache`.
    const serial = ['-CAserial', at('serial'), '-CAcreateserial']
    const by = ['-CA', at(issuer), '-CAkey', at(`${issuer}.key`), ...serial, '-extfile', at(`${name}.ext`)]
    openssl('x509', '-req', '-in', at(`${name}.csr`), ...by, '-days', String(days), '-out', at(name))
  }
  sign('intermediate', 'root', '/CN=Test Intermediate', `basicConstraints=critical,CA:TRUE\n${SIGNS}\n${KNOWN}`, 30)
  return {
    root: read('root'),
    rootFile: at('root'),
    issue(names, days = 10) {
      const alternatives = names.map((name) => `DNS:${name}`).join(',')
      const use = `keyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth\n${KNOWN}`
      sign('leaf', 'intermediate', '/', `subjectAltName=critical,${alternatives}\n${use}`, days)
      return { key: read('leaf.key'), certificate: read('leaf'), chain: read('intermediate') }
    },
    close: () => rmSync(folder, { recursive: true }),
  }
}
