// What README and the page of the local cloud show of a run is what a run prints, line by line; times, addresses and ids differ.
import { readFileSync } from 'node:fs'
import { record, recordEvening } from '../../scripts/recording.ts'
import { EVENING, evening, RECORDING, session, shape, start } from '../../scripts/screens.ts'

test('every shown line is printed by a run (else: node scripts/recording.ts && node scripts/generate.ts)', async () => {
  expectShown(await record(), RECORDING, start, session)
}, 1_800_000)

test('an evening of a site with idle: visit, leave, sleep', async () => {
  expectShown(await recordEvening(), EVENING, evening)
}, 1_800_000)

function expectShown(run: string, file: string, ...screens: ((recording: string) => string)[]): void {
  const recording = readFileSync(file, 'utf8')
  for (const screen of screens) {
    const printed = new Set(screen(run).split('\n').map(shape))
    const shown = screen(recording).split('\n')
    expect(shown.length).toBeGreaterThan(8)
    expect(shown.filter((line) => !printed.has(shape(line)))).toEqual([])
  }
}
