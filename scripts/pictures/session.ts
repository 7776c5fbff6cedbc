// The recorded run as a terminal that moves: each line comes when it came, pauses are cut short. Without motion it shows the end.
import { COLOURS, frame, write } from './svg.ts'

const ROWS = 30
const COLUMNS = 112
const ROW = 16
const TOP = 28
/** Seconds that a pause lasts at most, a line takes at least, and the end stays. */
const PAUSE = 0.8
const LEAST = 0.06
const END = 6

export function sessionPicture(recording: string): string {
  const lines = recording.trimEnd().split('\n')
  const times = timesOf(lines)
  const total = times.at(-1)! + END
  const percent = (seconds: number): string => ((seconds / total) * 100).toFixed(2)
  const shown = lines.map((line, at) => {
    const text = line.length > COLUMNS ? `${line.slice(0, COLUMNS - 1)}…` : line
    const come = `style="animation-delay:${times[at]!.toFixed(2)}s"`
    return write(text, { x: 16, y: TOP + at * ROW, fill: colourOf(line), extra: `class="l" ${come}` })
  })
  // One step up for each line below the last row.
  const steps = lines.flatMap((_, at) => {
    const up = at - ROWS + 1
    return up > 0 ? [`${percent(times[at]!)}%{transform:translateY(${-up * ROW}px)}`] : []
  })
  const end = `translateY(${-Math.max(lines.length - ROWS, 0) * ROW}px)`
  const style = `.l{opacity:0;animation:l 0s forwards}@keyframes l{to{opacity:1}}#s{transform:${end};animation:s ${total.toFixed(1)}s step-end forwards}@keyframes s{0%{transform:none}${steps.join('')}to{transform:${end}}}@media(prefers-reduced-motion:reduce){.l{opacity:1;animation:none}#s{animation:none}}`
  const height = TOP + ROWS * ROW
  const body = [
    `<clipPath id="c"><rect y="12" width="840" height="${height - 18}"/></clipPath>`,
    `<g clip-path="url(#c)"><g id="s">`,
    ...shown,
    '</g></g>',
  ]
  return frame(840, height, 'A run on the local cloud: start, break, diagnose, mend', body, style)
}

/** A line with a time comes then; the others follow the line before. */
function timesOf(lines: readonly string[]): number[] {
  let before = 0
  let clock = 0
  return lines.map((line) => {
    const stamp = /^ *([\d.]+) s {2}\S/.exec(line)?.[1]
    const typed = /^(\$|ragstream-edge>) /.test(line)
    const passed = stamp === undefined ? 0 : Number(stamp) - clock
    if (stamp !== undefined) clock = Number(stamp)
    before += typed ? PAUSE * 1.5 : Math.min(Math.max(passed, LEAST), PAUSE)
    return before
  })
}

function colourOf(line: string): string {
  if (/^(\$|ragstream-edge>) /.test(line)) return COLOURS.ours
  if (/BROKEN|^ +[\d.]+ s {2}broken|is broken at|^ {2}\| {4}/.test(line)) return COLOURS.bad
  if (/^DONE|^ +[\d.]+ s {2}(live|mended) |is live|\bLIVE\b/.test(line)) return COLOURS.good
  return COLOURS.text
}
