// How sites select instances: every tag must match, and the index finds what a plain search would.
import fc from 'fast-check'
import { selectInstances, selects, wantedIds } from '../../../functions/lib/domain/instance.ts'
import { anInstance } from '../../support/domain.ts'

test.each([
  [{ 'tag:Name': 'app' }, true],
  [{ 'tag:Name': 'app', 'tag:Role': 'web' }, true],
  [{ 'tag:Name': 'app', 'tag:Role': 'db' }, false],
  [{ 'tag:name': 'app' }, false],
  [{ 'tag:Name': 'ap' }, false],
  [{ 'tag:Other': 'app' }, false],
])('%j selects an instance named app with the role web: %s', (selector, selected) => {
  const instance = anInstance({ tags: { Name: 'app', Role: 'web' } })
  expect(selects(selector as unknown as Record<string, string>, instance)).toBe(selected)
})

test('the index finds what a plain search would, in the same order', () => {
  const word = fc.constantFrom('a', 'b', 'a\0b', '', 'tag:a')
  const tags = fc.dictionary(word, word, { maxKeys: 3 })
  const selector = fc.dictionary(
    word.map((key) => `tag:${key}`),
    word,
    { minKeys: 1, maxKeys: 2 },
  )
  fc.assert(
    fc.property(fc.array(selector, { maxLength: 4 }), fc.array(tags, { maxLength: 6 }), (selectors, tagSets) => {
      const sites = selectors.map((instances, index) => ({ hostname: `s${index}.example.com`, instances }))
      const instances = tagSets.map((one, index) => anInstance({ id: `i-${index}`, tags: one }))
      const members = selectInstances(sites, instances)
      for (const site of sites)
        expect(members.get(site.hostname)).toEqual(instances.filter((one) => selects(site.instances, one)))
      expect(wantedIds(members)).toEqual(
        new Set(instances.filter((one) => sites.some((site) => selects(site.instances, one))).map(({ id }) => id)),
      )
    }),
  )
})
