// One start as a waterfall of two lanes: the name and the host go their ways at the same time. The figures are those of docs/performance.md.
import { COLOURS, frame, write } from './svg.ts'

const WIDTH = 900
const LEFT = 300
const ROW = 24

interface Phase {
  readonly name: string
  readonly lane: string
  readonly seconds: number
  readonly end: number
}

export function startPicture(performance: string): string {
  const phases = phasesOf(performance)
  const total = Math.max(...phases.map(({ end }) => end))
  const scale = (WIDTH - LEFT - 90) / total
  const title = `From the start of an instance to a rendered page: ${total.toFixed(2)} s on the local cloud`
  const rows = [
    write(title, { x: 20, y: 28, extra: 'font-weight="bold"' }),
    write('■ ragstream-edge works', { x: LEFT, y: 46, fill: COLOURS.ours }),
    write('■ it waits for AWS, the machine, the browser', { x: LEFT + 180, y: 46, fill: COLOURS.quiet }),
  ]
  let y = 76
  let lane = ''
  for (const phase of phases) {
    if (phase.lane !== lane) {
      lane = phase.lane
      rows.push(write(LANES[lane] ?? lane, { x: 20, y, fill: COLOURS.quiet }))
      y += ROW
    }
    const from = LEFT + (phase.end - phase.seconds) * scale
    const width = Math.max(phase.seconds * scale, 2)
    const fill = OURS.includes(phase.name) ? COLOURS.ours : COLOURS.quiet
    rows.push(
      write(phase.name, { x: 32, y }),
      `<rect x="${from.toFixed(1)}" y="${y - 12}" width="${width.toFixed(1)}" height="15" rx="2" fill="${fill}"/>`,
      write(`${phase.seconds.toFixed(2)} s`, { x: Math.round(from + width + 6), y, fill: COLOURS.quiet }),
    )
    y += ROW
  }
  for (let second = 0; second <= total; second++) {
    const x = (LEFT + second * scale).toFixed(1)
    rows.push(
      `<path d="M${x} 58V${y - ROW + 10}" stroke="${COLOURS.quiet}" stroke-opacity=".25"/>`,
      write(`${second} s`, { x: Math.round(Number(x) - 8), y: y + 4, fill: COLOURS.quiet }),
    )
  }
  return frame(WIDTH, y + 18, title, rows)
}

/** Phases in which something of this project works; of the others it waits. */
const OURS = ['address in the record', 'command sent', 'document on the host']

const LANES: Readonly<Record<string, string>> = {
  both: 'EC2',
  name: 'the name: Route 53',
  host: 'the host, at the same time',
  visitor: 'a visitor',
}

/** Phases of the host that take no time to speak of are one. */
function phasesOf(performance: string): Phase[] {
  const table = /^\| phase \| path \|.*\n.*\n((?:\|.*\n)+)/m.exec(performance)?.[1]
  if (!table) throw new Error('docs/performance.md: found no table of phases, wanted the one of "Start to live"')
  const all = table
    .trim()
    .split('\n')
    .map((row) => row.slice(2, -2).split(' | '))
    .map(([name = '', lane = '', median, , , end]) => ({ name, lane, seconds: Number(median), end: Number(end) }))
  const steps = all.filter(({ name }) => name.startsWith('host: '))
  const last = steps.at(-1)
  if (!last) return all
  const joined = {
    ...last,
    name: 'document on the host',
    seconds: steps.reduce((sum, { seconds }) => sum + seconds, 0),
  }
  return all.flatMap((phase) => (phase === steps[0] ? [joined] : steps.includes(phase) ? [] : [phase]))
}
