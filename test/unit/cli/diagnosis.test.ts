// A diagnosis on a screen: the sentence first, the picture, the evidence in columns; colours only where they are wanted.
import { diagnosisScreen, exitCode } from '../../../cli/diagnosis.ts'
import type { Diagnosis } from '../../../functions/lib/diagnosis/diagnosis.ts'

const diagnosis: Diagnosis = {
  ...{ site: 'a.example', at: '2026-11-23T08:29:54.000Z', tookMs: 1234, verdict: 'broken', restricted: false },
  sentence: 'a.example is broken at port 80: no rule of sg-1 admits TCP 80',
  causes: [],
  hops: [
    { hop: 'record', state: 'ok', evidence: 'A 203.0.113.10, TTL 60', ms: 12.6 },
    { hop: 'security group', state: 'broken', evidence: 'no rule of sg-1 admits TCP 80 from anywhere at all' },
  ],
  path: [' visitor of a.example', '[ ok ] record', '[ ## ]>security group <== BROKEN'],
}

const plain = diagnosisScreen(diagnosis, { colour: false, columns: 70, evidence: true })

test('sentence, picture, evidence, footer', () =>
  expect(plain).toEqual([
    'a.example is broken at port 80: no rule of sg-1 admits TCP 80',
    '',
    ' visitor of a.example',
    '[ ok ] record',
    '[ ## ]>security group <== BROKEN',
    '',
    'hop             state            ms  evidence',
    'record          ok               13  A 203.0.113.10, TTL 60',
    'security group  broken               no rule of sg-1 admits TCP 80',
    '                                     from anywhere at all',
    '',
    'broken at 2026-11-23T08:29:54.000Z, looked at for 1.2 s',
  ]))

test('without the table the picture says it all', () => {
  const short = diagnosisScreen(diagnosis, { colour: false, columns: 70, evidence: false })
  expect(short).toEqual(plain.filter((_, row) => row < 6 || row > 10))
})

test('with colours it says the same', () => {
  const coloured = diagnosisScreen(diagnosis, { colour: true, columns: 70, evidence: true })
  expect(coloured.join('\n')).toContain('\x1b[31m')
  expect(coloured.join('\n')).toContain('\x1b[32m[ ok ]\x1b[0m')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the colours' own
  expect(coloured.map((line) => line.replace(/\x1b\[\d*m/g, '').trimEnd())).toEqual(plain)
  expect(plain.join('')).not.toContain('\x1b')
})

test('who is admitted is told, and a long word is never cut', () => {
  const arn = `arn:aws:sns:eu-central-1:123456789012:${'x'.repeat(60)}`
  const hops = [{ hop: 'record', state: 'ok', evidence: `see ${arn}` }] as const
  const lines = diagnosisScreen(
    { ...diagnosis, hops, restricted: true },
    { colour: false, columns: 40, evidence: true },
  )
  expect(lines.join('\n')).toContain(arn)
  expect(lines.at(-1)).toContain('only some addresses are admitted')
})

test.each([
  ['live', 0],
  ['asleep', 0],
  ['broken', 1],
  ['unknown', 1],
] as const)('%s ends with %d', (verdict, code) => expect(exitCode({ ...diagnosis, verdict })).toBe(code))
