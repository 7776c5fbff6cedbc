// Edits that share must read like edits of a copied map.
import fc from 'fast-check'
import { edit } from '../../../../local/world/share.ts'

test('any row of edits reads like the same edits of a plain map, and leaves the maps before it alone', () => {
  const key = fc.integer({ min: 0, max: 400 })
  const edits = fc.array(fc.array(fc.tuple(key, fc.option(fc.nat(), { nil: undefined })), { maxLength: 20 }), {
    maxLength: 40,
  })
  fc.assert(
    fc.property(edits, (rounds) => {
      let plain = new Map(Array.from({ length: 300 }, (_, i) => [i, -i]))
      let shared: ReadonlyMap<number, number> = new Map(plain)
      for (const round of rounds) {
        const [before, copy] = [shared, [...shared]]
        plain = new Map(plain)
        for (const [at, value] of round) value === undefined ? plain.delete(at) : plain.set(at, value)
        shared = edit(shared, round)
        const text = (value: unknown) => JSON.stringify(value)
        expect(text([...before])).toBe(text(copy))
        const sorted = (map: ReadonlyMap<number, number>) => [...map].sort(([a], [b]) => a - b)
        expect(text(sorted(shared))).toBe(text(sorted(plain)))
        expect(shared.size).toBe(plain.size)
        const edited = (map: ReadonlyMap<number, number>) => round.map(([at]) => [at, map.get(at), map.has(at)])
        expect(edited(shared)).toEqual(edited(plain))
      }
    }),
    { numRuns: 50 },
  )
})
