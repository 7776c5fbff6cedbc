// All pages of a list, whatever the service makes of them.
import { firstPages, wholeList } from '../../functions/lib/aws/pages.ts'

interface Page {
  readonly ids?: readonly string[]
  readonly NextToken?: string
}

async function* served(pages: readonly Page[], asked: Page[] = []) {
  for (const page of pages) {
    asked.push(page)
    yield page
  }
}

const list = (pages: readonly Page[], asked?: Page[]) => ({
  pages: served(pages, asked),
  itemsOf: ({ ids }: Page) => ids,
  keyOf: (id: string) => (id === '' ? undefined : id),
})

test('empty pages, pages without a list, and repeats: each item once, in order', async () => {
  const pages = [
    { ids: [], NextToken: 'a' },
    { NextToken: 'b' },
    { ids: ['1', '2'], NextToken: 'c' },
    { ids: ['2', '3'] },
  ]
  await expect(wholeList(list(pages), 'ListThings')).resolves.toEqual(['1', '2', '3'])
})

test('what has nothing to tell it apart by is kept', () =>
  expect(wholeList(list([{ ids: ['', ''] }]), 'ListThings')).resolves.toEqual(['', '']))

test('no end: an error that names the call and the bound', () =>
  expect(wholeList(list(Array(300).fill({ ids: [], NextToken: 'again' })), 'ListThings')).rejects.toThrow(
    'ListThings: found more than 200 pages, wanted an end',
  ))

test('the first pages only: no more are asked for, and it is told whether these were all', async () => {
  const [pages, asked]: [Page[], Page[]] = [
    [{ ids: ['1'], NextToken: 'a' }, { ids: ['2'], NextToken: 'b' }, { ids: ['3'] }],
    [],
  ]
  await expect(firstPages(list(pages, asked), 2)).resolves.toEqual({ items: ['1', '2'], isWhole: false })
  expect(asked).toHaveLength(2)
  await expect(firstPages(list(pages), 3)).resolves.toEqual({ items: ['1', '2', '3'], isWhole: true })
})
