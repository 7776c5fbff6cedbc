// What a maintainer types after the dashes.
import { Refused } from '../../../cli/invoke.ts'
import { readWords } from '../../../cli/words.ts'

const USAGE = 'npm run resync -- <site> [--dry-run]'
const read = (line: string, usage = USAGE) => readWords(line.split(' ').filter(Boolean), usage)

test('a site and where it is', () => {
  expect(read('')).toMatchObject({ what: undefined, local: false, stage: 'prod', region: undefined, dryRun: false })
  expect(read('a.example --local --dry-run')).toMatchObject({ what: 'a.example', local: true, dryRun: true })
  expect(read('--stage test --region eu-west-1 all')).toMatchObject({ what: 'all', stage: 'test', region: 'eu-west-1' })
})

test.each([
  ['a.example b.example', /found a\.example b\.example, wanted at most one/],
  ['--locale', /Unknown option '--locale'/],
  ['--stage', /--stage/],
])('%s is refused with the usage', (line, message) => {
  expect(() => read(line)).toThrow(Refused)
  expect(() => read(line)).toThrow(message)
  expect(() => read(line)).toThrow(USAGE)
})

test.each(['--dry-run', '--evidence'])('%s, where the command has no such thing', (flag) =>
  expect(() => read(`a.example ${flag}`, 'npm run other')).toThrow(`${flag}: this command does not know it`),
)
