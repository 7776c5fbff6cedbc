// The check finds what a merge has left, and nothing in what only looks like it.
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

const SCRIPT = resolve('scripts/markers.ts')
let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'markers-'))
  execFileSync('git', ['init', '-q', folder])
})
afterEach(() => rmSync(folder, { recursive: true }))

function check(text: string) {
  writeFileSync(join(folder, 'page.md'), text)
  execFileSync('git', ['-C', folder, 'add', 'page.md'])
  return spawnSync(process.execPath, [SCRIPT], { cwd: folder, encoding: 'utf8' })
}

test.each(['<'.repeat(7), '>'.repeat(7)])('%s: found, with file and line', (mark) => {
  const { status, stderr } = check(`one\n${mark} HEAD\ntwo\n`)
  expect([status, stderr]).toEqual([1, expect.stringContaining(`page.md:2:${mark} HEAD`)])
})

test.each([`Title\n${'='.repeat(7)}\n`, `  ${'<'.repeat(7)} indented\n`])('no mark: %j', (text) =>
  expect(check(text).status).toBe(0),
)
