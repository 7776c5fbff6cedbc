// The hops of a site, once live and once broken, side by side: the two diagnoses of the recorded run.
import { COLOURS, frame, write } from './svg.ts'

const ROW = 19
const PANE = 520
const LONGEST = 46

interface Hop {
  readonly state: string
  readonly name: string
  /** The evidence, or of a broken hop the causes and what to do. */
  readonly words: readonly string[]
}

const FILL: Readonly<Record<string, string>> = { ok: COLOURS.good, '##': COLOURS.bad, '..': COLOURS.quiet }
const MARK: Readonly<Record<string, string>> = { ok: '✓', '##': '✗', '..': '·', '??': '?' }

export function hopsPicture(recording: string): string {
  const diagnoses = [...recording.matchAll(/^ visitor of \S+ +(\w+), .*\n {2}\|\n([\s\S]*?)\n {2}\|\n page$/gm)]
  const panes = ['LIVE', 'BROKEN'].map((wanted) => {
    const found = diagnoses.find(([, verdict]) => verdict === wanted)?.[2]
    if (!found)
      throw new Error(`docs/run.txt: found no diagnosis that is ${wanted}, wanted one: node scripts/recording.ts`)
    return { verdict: wanted.toLowerCase(), hops: hopsOf(found) }
  })
  const drawn = panes.map(({ verdict, hops }, place) => pane(verdict, hops, 20 + place * PANE))
  const height = Math.max(...drawn.map(({ end }) => end)) + 10
  const title = 'Every hop from a visitor to the app. Left: all work. Right: one is broken, and what to do.'
  return frame(
    PANE * 2 + 10,
    height,
    title,
    drawn.flatMap(({ rows }) => rows),
  )
}

/** Each hop begins with its mark; what follows belongs to it. */
function hopsOf(picture: string): Hop[] {
  return picture.split(/\n(?=\[)/).map((block) => {
    const [, state = '', name = '', first = ''] = /^\[ (..) \][ >](.{15}) ?(.*)$/m.exec(block) ?? []
    const rest = block.split('\n').slice(1)
    const more = rest.map((line) => line.replace(/^ {2}\| {4}|^ {23}/, ''))
    const lines: string[] = []
    for (const line of [first, ...more]) {
      // Evidence is one sentence; of a cause, a line that goes on is indented by two more.
      const goesOn = state !== '##' || line.startsWith('  ')
      if (goesOn && lines.length > 0) lines[lines.length - 1] += ` ${line.trim()}`
      else lines.push(line)
    }
    return { state, name: name.trim(), words: state === '##' ? lines.slice(1) : lines }
  })
}

function pane(verdict: string, hops: readonly Hop[], x: number): { rows: string[]; end: number } {
  const fill = verdict === 'live' ? COLOURS.good : COLOURS.bad
  const rows = [write(`visitor: the site is ${verdict}`, { x, y: 28, fill, extra: 'font-weight="bold"' })]
  let y = 28 + ROW
  for (const { state, name, words } of hops) {
    const of = { fill: FILL[state] ?? COLOURS.text }
    rows.push(write(`${MARK[state]} ${name}`, { x, y, ...of }))
    const shown = state === '##' ? words.flatMap((line) => wrap(line)) : [cut(words.join(' '))]
    if (state === '##') {
      rows.push(write('broken', { x: x + 140, y, ...of }))
      y += ROW
    }
    for (const line of shown) {
      const at = state === '##' ? x + 20 : x + 140
      rows.push(write(line, { x: at, y, fill: state === '##' ? COLOURS.text : COLOURS.quiet }))
      y += ROW
    }
  }
  rows.push(write('page', { x, y, fill: verdict === 'live' ? COLOURS.good : COLOURS.quiet }))
  return { rows, end: y }
}

const cut = (text: string): string => (text.length <= LONGEST ? text : `${text.slice(0, LONGEST - 1)}…`)

function wrap(text: string): string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= LONGEST) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}
