// How many files a run of the tests waits for: as many as jest has.
import { execFileSync } from 'node:child_process'
import { LEVELS } from '../../../scripts/test/levels.ts'
import { blank } from '../../../scripts/test/screen.ts'

test('the files of all levels', () => {
  const levels = LEVELS.filter((level) => level !== 'debian13')
  const words = ['node_modules/jest/bin/jest.js', '--listTests', '--selectProjects', ...levels]
  const listed = execFileSync(process.execPath, words, { encoding: 'utf8' })
  const counted = levels.reduce((sum, level) => sum + blank(level).files, 0)
  expect(counted).toBe(listed.split('\n').filter((line) => line.endsWith('.test.ts')).length)
})
