// What README and the page of the local cloud show of a run is what a run prints, line by line; times, addresses and ids differ.
import { readFileSync } from 'node:fs'
import { record } from '../../scripts/recording.ts'
import { session, shape, start } from '../../scripts/screens.ts'

test('every shown line is printed by a run (else: node scripts/recording.ts && node scripts/generate.ts)', async () => {
  const run = await record()
  const recording = readFileSync('docs/run.txt', 'utf8')
  for (const screen of [start, session]) {
    const printed = new Set(screen(run).split('\n').map(shape))
    const shown = screen(recording).split('\n')
    expect(shown.length).toBeGreaterThan(8)
    expect(shown.filter((line) => !printed.has(shape(line)))).toEqual([])
  }
})
