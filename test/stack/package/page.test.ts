// docs/stack.md is what the package step makes now, and a sentence of it for each right.
import { readFileSync } from 'node:fs'
import { packagedDocuments } from '../../../scripts/generate.ts'

test('docs/stack.md is fresh (else: node scripts/generate.ts)', async () => {
  const { 'stack.md': page } = await packagedDocuments()
  expect(readFileSync('docs/stack.md', 'utf8')).toBe(page)
})
