// docs/performance.md is one page of five parts, which are measured apart: each run writes its own and leaves the others.
import { readFileSync, writeFileSync } from 'node:fs'

const PAGE = new URL('../docs/performance.md', import.meta.url)

/** @throws Error where the page has lost the marks of this part */
export function keepPart(name: 'figures' | 'start to page' | 'schedule' | 'cold start' | 'faults', text: string): void {
  const [begin, end] = [`<!-- ${name} -->`, `<!-- end of ${name} -->`]
  const page = readFileSync(PAGE, 'utf8')
  const [before, rest] = page.split(`${begin}\n`)
  const after = rest?.split(`${end}\n`)[1]
  if (after === undefined) throw new Error(`docs/performance.md: found no ${begin} … ${end}, wanted them around a part`)
  writeFileSync(PAGE, `${before}${begin}\n${text}${end}\n${after}`)
}
