// What pages show of the recorded run: the lines that a reader needs, as they were printed.

export const RECORDING = 'docs/run.txt'
/** Of a site with `idle`. */
export const EVENING = 'docs/evening.txt'

const COLUMNS = 110

/** Who says what a reader needs of a start; what else is said differs from run to run. */
const NEEDED = /^ *[\d.]+ s {2}(you|host|live|parked|named) |^ *[\d.]+ s {2}Route 53 +replace |^DONE /

const fenced = (lines: readonly string[]): string =>
  ['```text', ...lines.map((line) => (line.length > COLUMNS ? `${line.slice(0, COLUMNS - 1)}…` : line)), '```'].join(
    '\n',
  )

/** The start, the stop and the start on another address. */
export const start = (recording: string): string =>
  fenced(
    recording
      .slice(0, recording.indexOf('ragstream-edge> '))
      .split('\n')
      .filter((line) => NEEDED.test(line)),
  )

/** From the first command at the prompt to the end, without the events that come beside it. */
export function session(recording: string): string {
  const [prompt = '', ...beside] = recording
    .slice(recording.indexOf('ragstream-edge> '))
    .trimEnd()
    .split(/^(?=\$ )/m)
  const asked = prompt.split('\n').filter((line) => line !== '' && !/^ *[\d.]+ s {2}(?!broken|mended)/.test(line))
  // A file of this one run.
  const told = beside.join('').split('\n')
  return fenced([...asked, ...told.filter((line) => !line.includes('/runs/start-'))])
}

const OF_AN_EVENING =
  /^ragstream-edge> |^ *[\d.]+ s {2}(visitor|idle|instance|record) |^ *[\d.]+ s {2}Route 53 +replace /

/** A tab, and what becomes of the instance when it is closed. What the function logs of a stop is also what it answers. */
export const evening = (recording: string): string =>
  fenced(recording.split('\n').filter((line, at, lines) => OF_AN_EVENING.test(line) && line !== lines[at - 1]))

/** Without what differs from run to run: times, addresses, ids. */
export const shape = (line: string): string =>
  line
    .replace(/…$/, '')
    .replaceAll(/\b[0-9a-f]{6,}\b|\d+/g, '#')
    .replaceAll(/ +/g, ' ')
