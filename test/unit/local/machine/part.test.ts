// The cache of the preparation: complete or not there, rebuilt when the recipe changes.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildPart, isBuilt, type Part, removeOutdated } from '../../../../local/machine/prepare/part.ts'

let cache: string
beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'cache-'))
})
afterEach(() => rmSync(cache, { recursive: true }))

const part = (recipe: string, build?: Part['build']): Part => ({
  title: 'a tree',
  name: 'tree',
  recipe,
  build: build ?? (async (folder) => writeFileSync(join(folder, 'content'), recipe)),
})
const quiet = () => {}

test('a built part is not built again', async () => {
  const first = await buildPart(cache, part('one'), quiet)
  const again = part('one', () => Promise.reject(new Error('built twice')))
  expect(isBuilt(cache, again)).toBe(true)
  expect(await buildPart(cache, again, quiet)).toBe(first)
})

test('an interrupted build never counts as complete, and its remains are not in the next one', async () => {
  const interrupted = part('one', async (folder) => {
    writeFileSync(join(folder, 'half'), '')
    throw new Error('the mirror went away')
  })
  await expect(buildPart(cache, interrupted, quiet, 0)).rejects.toThrow('the mirror went away')
  expect(isBuilt(cache, interrupted)).toBe(false)
  const folder = await buildPart(cache, part('one'), quiet)
  expect(readdirSync(folder)).toEqual(['content'])
})

test('a download that broke off once is tried again, and said', async () => {
  let tries = 0
  const flaky = part('one', async (folder) => {
    writeFileSync(join(folder, `try-${++tries}`), '')
    if (tries === 1) throw new Error('the mirror went away\nwith more words')
  })
  const said: string[] = []
  const folder = await buildPart(cache, flaky, (text) => said.push(text), 0)
  expect(readdirSync(folder)).toEqual(['try-2'])
  expect(said.slice(0, 2)).toEqual(['a tree: building', 'a tree: the mirror went away; once more'])
})

test('a change of the recipe builds anew; what is outdated goes, what is not ours stays', async () => {
  const old = await buildPart(cache, part('one'), quiet)
  writeFileSync(join(cache, 'something-else'), '')
  expect(isBuilt(cache, part('two'))).toBe(false)
  const folder = await buildPart(cache, part('two'), quiet)
  await removeOutdated(cache, [part('two')])
  expect(readFileSync(join(folder, 'content'), 'utf8')).toBe('two')
  expect(existsSync(old)).toBe(false)
  expect(existsSync(join(cache, 'something-else'))).toBe(true)
})
