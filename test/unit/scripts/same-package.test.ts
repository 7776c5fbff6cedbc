// Whether two packagings are the same, as deploy.yml asks before it takes a role.
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const folder = mkdtempSync(join(tmpdir(), 'edge-same-'))
afterAll(() => rmSync(folder, { recursive: true }))

const key = (time: string) => `{"S3Key":"serverless/ragstream-edge/prod/${time}/a.zip"}`
const A = { 'a.zip': 'PK\x03\x04\xff', 'template.json': key('1795955981847-2026-11-29T12:39:41.847Z') }

function compare(one: Record<string, string>, other: Record<string, string>) {
  const folders = [one, other].map((files, index) => {
    const at = join(folder, String(index))
    rmSync(at, { recursive: true, force: true })
    mkdirSync(at)
    for (const [name, content] of Object.entries(files)) writeFileSync(join(at, name), content, 'latin1')
    return at
  })
  const { status, stdout, stderr } = spawnSync(process.execPath, ['scripts/same-package.ts', ...folders], {
    encoding: 'utf8',
  })
  return { status, says: `${stderr}${stdout}`.replaceAll(`${folder}/`, '') }
}

test('but for the time in the name of the upload’s folder', () =>
  expect(compare(A, { ...A, 'template.json': key('1795955999919-2026-11-29T12:39:59.919Z') })).toEqual({
    ...{ status: 0, says: '2 files are the same\n' },
  }))

test.each([
  ['a byte of a zip', { ...A, 'a.zip': 'PK\x03\x04\xfe' }, 'a.zip: differs'],
  [
    'the template',
    { ...A, 'template.json': key('1795955999919-2026-11-29T12:39:59.919Z/../x') },
    'template.json: differs',
  ],
  ['a file more', { ...A, 'b.zip': '' }, 'b.zip: only in 1'],
  ['a file less', { 'a.zip': A['a.zip'] }, 'template.json: only in 0'],
])('%s is another package', (_, other, says) => {
  const compared = compare(A, other)
  expect(compared.status).toBe(1)
  expect(compared.says).toContain(says)
})

test('nothing is no package', () => expect(compare({}, {})).toMatchObject({ status: 1 }))
