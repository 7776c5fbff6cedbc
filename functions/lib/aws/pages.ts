// All pages of a list: with an end, and each item once. A page may be empty and have a successor, and repeat what the page before it ended with
// (boto3 issues 2643 and 3791, aws-cli 2626).
import { UnexpectedReply } from '../domain/errors.ts'

/** More than any list here is long: a service that goes on and on is broken. */
export const MOST_PAGES = 200

export interface List<Page, Item> {
  /** As the SDK's paginator gives them. */
  readonly pages: AsyncIterable<Page>
  readonly itemsOf: (page: Page) => readonly Item[] | undefined
  /** What tells two items apart; where it is missing, the item is kept. */
  readonly keyOf: (item: Item) => string | undefined
}

/** @throws UnexpectedReply for a list of more than 200 pages */
export async function wholeList<Page, Item>(list: List<Page, Item>, call: string): Promise<Item[]> {
  const { items, isWhole } = await firstPages(list, MOST_PAGES)
  if (!isWhole) throw new UnexpectedReply(`${call}: found more than ${MOST_PAGES} pages, wanted an end`)
  return items
}

/** Of a list that grows without end: what its first pages hold. */
export async function firstPages<Page, Item>(
  { pages, itemsOf, keyOf }: List<Page, Item>,
  most: number,
): Promise<{ readonly items: Item[]; readonly isWhole: boolean }> {
  const [items, seen] = [[] as Item[], new Set<string>()]
  let count = 0
  for await (const page of pages) {
    for (const item of itemsOf(page) ?? []) {
      const key = keyOf(item)
      if (key !== undefined && seen.has(key)) continue
      if (key !== undefined) seen.add(key)
      items.push(item)
    }
    count += 1
    // What a page after the last one would hold is not asked for.
    if (count === most && hasSuccessor(page)) return { items, isWhole: false }
  }
  return { items, isWhole: true }
}

const hasSuccessor = (page: unknown): boolean => Boolean((page as { readonly NextToken?: string }).NextToken)
