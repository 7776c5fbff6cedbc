// The bench measures the server block that the document renders.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { HOSTNAME, ourSite } from '../../bench/proxy/configurations.ts'

test('it is rendered by the document’s own program', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ragstream-edge-bench-'))
  try {
    expect(await ourSite(folder)).toMatch(/^include \S+limits\S+; include \S+site\.conf;$/)
    expect(readFileSync(join(folder, 'site.conf'), 'utf8')).toContain(`server_name ${HOSTNAME};`)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
