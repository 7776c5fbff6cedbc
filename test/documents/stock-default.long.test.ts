// The stock default site is known in the real files of Debian 12, Ubuntu 24.04 and Amazon Linux 2023, and no longer when one byte of it is edited.
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import fc from 'fast-check'
import { seed } from './hostile-values.ts'

const EDITS = 60

/** `stock` or `other` for each text, by the host's own functions. */
function judged(texts: readonly string[]): string[] {
  const folder = mkdtempSync(path.join(tmpdir(), 'ragstream-edge-stock-'))
  for (const [index, text] of texts.entries()) {
    const main = text.includes('http {') ? text : `http {\n${text}\n}\n`
    writeFileSync(
      path.join(folder, `${index}`),
      main.replaceAll(/^ *include .*(mime\.types|conf\.d\/\*\.conf);$/gm, ''),
    )
  }
  const script = `here=templates/configure-host; for part in ../shared/places ../shared/configuration programs default; do . $here/$part.sh; done
    for ((n = 0; n < $1; n++)); do
      found=other
      while IFS=$'\\037' read -r kind port how place file stock; do
        if [ "$kind" = default ] && is_stock "$stock"; then found=stock; fi
      done < <(read_nginx findings "$2/$n" "$DEFAULT_FILE" 2>&1)
      echo $found
    done`
  const env = { ...process.env, EDGE_ROOT_DIR: folder, EDGE_NGINX_DIR: folder }
  const said = execFileSync('bash', ['-c', script, 'bash', String(texts.length), folder], { encoding: 'utf8', env })
  rmSync(folder, { recursive: true })
  return said.trim().split('\n')
}

/** Where a byte of the server block stands that nginx reads. */
function meaningful(text: string): number[] {
  const from = text.search(/^\s*server \{/m)
  const code = text.replaceAll(/#.*$/gm, (comment) => ' '.repeat(comment.length))
  const to = code.lastIndexOf('}', code.includes('http {') ? code.lastIndexOf('}') - 1 : undefined)
  return [...code].flatMap((sign, at) => (at > from && at < to && /\S/.test(sign) ? [at] : []))
}

test.each(['debian-12-ubuntu-24.04-default.conf', 'amazon-linux-2023.conf'])(`%s, SEED=${seed}`, (name) => {
  const text = readFileSync(path.join('test/fixtures/nginx', name), 'utf8')
  expect(judged([text, text.replaceAll('#', '##'), text.replaceAll('\n', '\n\n')])).toEqual(['stock', 'stock', 'stock'])
  const places = fc.sample(fc.noBias(fc.constantFrom(...meaningful(text))), { seed, numRuns: EDITS })
  const edited = places.map((at) => `${text.slice(0, at)}${text[at] === 'x' ? 'y' : 'x'}${text.slice(at + 1)}`)
  expect(new Set(judged(edited))).toEqual(new Set(['other']))
})

/** What rpm does: it says of a file what differs from its package, and ends with 1 then. */
const RPM = '#!/bin/sh\nif [ "$1" = -Vf ] && grep -q mine "$2"; then echo "S.5....T.    $2"; exit 1; fi\n'

test('Amazon Linux: a page that was edited in its place is somebody’s own', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'ragstream-edge-pages-'))
  const pages = path.join(folder, 'html')
  mkdirSync(pages)
  writeFileSync(path.join(folder, 'rpm'), RPM, { mode: 0o755 })
  const script = `set -Eeuo pipefail; here=templates/configure-host; . $here/../shared/places.sh; . $here/default.sh
    if pages_are_packaged "$1"; then echo packaged; else echo own; fi`
  const env = { ...process.env, PATH: `${folder}:${process.env.PATH}` }
  const judged = (text: string) => {
    writeFileSync(path.join(pages, 'index.html'), text)
    return execFileSync('bash', ['-c', script, 'bash', pages], { encoding: 'utf8', env }).trim()
  }
  expect([judged('stock\n'), judged('mine\n')]).toEqual(['packaged', 'own'])
  rmSync(folder, { recursive: true })
})
