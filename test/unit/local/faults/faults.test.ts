// The list of faults speaks the words of a diagnosis.
import { CAUSES } from '../../../../functions/lib/diagnosis/diagnosis.ts'
import { FAULTS, faultNames } from '../../../../local/faults/faults.ts'

test.each(faultNames)('%s expects causes that exist, and a verdict that fits them', (name) => {
  const { about, expected } = FAULTS[name]
  expect(expected.causes.filter((cause) => !CAUSES.some((known) => known === cause))).toEqual([])
  expect(about).toMatch(/^\S.{15,}[^.]$/)
  expect(about.length).toBeLessThan(120)
  if (expected.verdict === 'broken') expect(expected.causes.length).toBeGreaterThan(0)
})

test('names are what a person types', () =>
  expect(faultNames.filter((name) => !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(name))).toEqual([]))
