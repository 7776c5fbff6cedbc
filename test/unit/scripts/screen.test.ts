// How many files of each level a run of the tests waits for: as many as jest has.
import { execFileSync } from 'node:child_process'
import { LEVELS } from '../../../scripts/test/levels.ts'
import { blank } from '../../../scripts/test/screen.ts'

test('the files of each level', () => {
  // Files of debian13 are in the folder of host.
  const levels = LEVELS.filter((level) => level !== 'debian13')
  const words = ['node_modules/jest/bin/jest.js', '--listTests', '--selectProjects', ...levels]
  const files = execFileSync(process.execPath, words, { encoding: 'utf8' }).split('\n')
  const listed = levels.map((level) => [level, files.filter((file) => file.includes(`/test/${level}/`)).length])
  expect(levels.map((level) => [level, blank(level).files])).toEqual(listed)
})
