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
  [{ id: 'i-00000000000000001' }, true],
  [{ id: 'i-00000000000000002' }, false],
  [{ id: 'i-00000000000000001', 'tag:Name': 'app' }, true],
  [{ id: 'i-00000000000000001', 'tag:Name': 'db' }, false],
  [{ 'tag:id': 'i-00000000000000001' }, false],
])('%j selects an instance named app with the role web: %s', (selector, selected) => {
  const instance = anInstance({ tags: { Name: 'app', Role: 'web' } })
  expect(selects(selector as unknown as Record<string, string>, instance)).toBe(selected)
})

test('whoever may tag an instance gets a part of the visitors of a site that selects by tags, and none of one that selects by id', () => {
  const mine = anInstance({ id: 'i-00000000000000001', tags: { Name: 'app' } })
  const stranger = anInstance({ id: 'i-00000000000000002', tags: { Name: 'app', id: mine.id } })
  const sites = [
    { hostname: 'tags.example.com', instances: { 'tag:Name': 'app' } },
    { hostname: 'id.example.com', instances: { id: mine.id } },
  ]
  expect([...selectInstances(sites, [mine, stranger])]).toEqual([
    ['tags.example.com', [mine, stranger]],
    ['id.example.com', [mine]],
  ])
})

test('the index finds what a plain search would, in the same order', () => {
  const word = fc.constantFrom('a', 'b', 'a\0b', '', 'tag:a')
  const tags = fc.dictionary(word, word, { maxKeys: 3 })
  const selector = fc.dictionary(
    fc.oneof(
      word.map((key) => `tag:${key}`),
      fc.constant('id'),
    ),
    fc.oneof(word, fc.constantFrom('i-0', 'i-1')),
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
