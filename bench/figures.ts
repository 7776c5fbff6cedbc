// What every measurement hands over: tables for people, what was to be reached, bars for the plots, and all numbers for the JSON file.

export interface Table {
  readonly title: string
  readonly columns: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

/** A figure beside what it has to reach. */
export interface Reach {
  readonly what: string
  readonly wanted: string
  readonly found: string
  readonly met: boolean
  /** What keeps the figure from it, where it is not met: from the figures of its part. */
  readonly bound: string
}

/** Bars side by side; `floor` is a line across the bar. */
export interface Chart {
  readonly file: string
  readonly title: string
  readonly unit: string
  readonly bars: readonly { readonly label: string; readonly value: number; readonly floor?: number }[]
}

export interface Report {
  readonly name: string
  readonly title: string
  readonly tables: readonly Table[]
  readonly reach: readonly Reach[]
  readonly charts: readonly Chart[]
  /** What was measured and what bounds it, in sentences. */
  readonly notes: readonly string[]
  readonly numbers: unknown
}

/** Says what is being measured, for the person who waits. */
export type Say = (text: string) => void

/** `--once` runs every part in its smallest form, to see that it works: nothing is kept. */
export const ONCE = process.argv.includes('--once')

export const rounds = (usual: number): number => (ONCE ? 1 : usual)

export type Measurement = (say: Say) => Promise<Report>

export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  const place = (sorted.length - 1) * share
  const [below, above] = [sorted[Math.floor(place)] ?? Number.NaN, sorted[Math.ceil(place)] ?? Number.NaN]
  return below + (above - below) * (place - Math.floor(place))
}

export const median = (values: readonly number[]): number => percentile(values, 0.5)

/** `12 (10 to 15)` */
export function spread(values: readonly number[], digits = 0): string {
  const [least, most] = [Math.min(...values), Math.max(...values)]
  return `${median(values).toFixed(digits)} (${least.toFixed(digits)} to ${most.toFixed(digits)})`
}

export interface Span {
  readonly from: number
  readonly to: number
}

/** Length of the union. */
export function covered(spans: readonly Span[]): number {
  let [sum, until] = [0, 0]
  for (const { from, to } of spans.toSorted((a, b) => a.from - b.from)) {
    sum += Math.max(0, to - Math.max(from, until))
    until = Math.max(until, to)
  }
  return sum
}

export const ratio = (value: number, beside: number): string => (value / beside).toFixed(2)

export function markdown({ columns, rows }: Table): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(columns), line(columns.map((_, i) => (i === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n')
}

/** The same for a terminal: columns aligned, the first one to the left. */
export function aligned({ title, columns, rows }: Table): string {
  const widths = columns.map((column, i) => Math.max(column.length, ...rows.map((row) => row[i]?.length ?? 0)))
  const line = (cells: readonly string[]) =>
    cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  ')
  return [`\n${title}`, line(columns), ...rows.map(line)].join('\n')
}

export const reachTable = (reach: readonly Reach[]): Table => ({
  title: 'What was to be reached',
  columns: ['figure', 'wanted', 'found', 'reached'],
  rows: reach.map(({ what, wanted, found, met }) => [
    what,
    wanted,
    found,
    met ? 'yes' : ONCE ? 'not in one round, which proves nothing' : 'NO',
  ]),
})
