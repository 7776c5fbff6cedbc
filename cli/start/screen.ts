// Prints the timeline: seconds since the start, who, what. Colour only on a terminal.
import { counting, hasColour } from '../edge/paper.ts'
import type { Line } from './timeline.ts'

const COLOURS: Record<Line['tone'], string> = { plain: '', good: '\x1b[32m', bad: '\x1b[31m', quiet: '\x1b[2m' }

export interface Screen {
  /** Seconds since the screen was made. */
  seconds(): number
  show(line: Line): void
  say(who: string, what: string, tone?: Line['tone']): void
  /** A line without a time, such as a result. */
  plain(text: string): void
  /** Ends the line that counts while nothing is said. */
  end(): void
  /** From now on each output is written by this: a prompt makes room for it. Undefined: by itself again. */
  onLine(around: ((write: () => void) => void) | undefined): void
}

export function screen(output: NodeJS.WriteStream = process.stdout): Screen {
  const started = performance.now()
  // A terminal that is gone, or a pipe that was closed, must not keep the rest from being taken down.
  for (const stream of [output, process.stderr]) stream.on('error', () => {})
  const seconds = () => (performance.now() - started) / 1000
  const waiting = counting(output)
  let around: ((write: () => void) => void) | undefined
  const write = (text: string) => {
    waiting.clear()
    const plainly = () => void output.write(text)
    if (around) around(plainly)
    else plainly()
  }
  const show = ({ who, what, tone }: Line) => {
    const colour = hasColour(output) ? COLOURS[tone] : ''
    const rows = what.split('\n')
    for (const row of rows)
      write(`${seconds().toFixed(1).padStart(6)} s  ${who.padEnd(12)} ${colour}${row}${colour && '\x1b[0m'}\n`)
  }
  return {
    seconds,
    show,
    say: (who, what, tone = 'plain') => show({ who, what, tone }),
    end: () => waiting.end(),
    plain: (text) => write(`${text}\n`),
    onLine(by) {
      around = by
      // A prompt waits for the person.
      waiting.end()
    },
  }
}
