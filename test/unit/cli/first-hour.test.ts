// The block that a smoke run in an account ends with.
import { firstHourBlock, QUESTIONS } from '../../../cli/first-hour/block.ts'

const rows = (seen: Parameters<typeof firstHourBlock>[0]) =>
  firstHourBlock(seen, { region: 'eu-central-1', turns: 'live 31.0 s after the start' }).filter((row) =>
    row.startsWith('| '),
  )

test('each question with what is expected; what was not seen says so, and what no run can see is to be filled in', () => {
  const all = rows({ agent: '12.3 s', pages: 'not read: AccessDeniedException' })
  expect(all).toHaveLength(2 + Object.keys(QUESTIONS).length)
  expect(all).toContain('| the agent, after running | 10 to 60 s | 12.3 s |')
  expect(all.filter((row) => row.endsWith('| not seen |'))).toHaveLength(Object.keys(QUESTIONS).length - 4)
  expect(all.filter((row) => row.includes('| fill in'))).toHaveLength(2)
  expect(all.filter((row) => row.includes('not read: AccessDenied'))).toHaveLength(1)
})
