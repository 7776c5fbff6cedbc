// A diagnosis as a screen: its sentence, and its picture with the evidence of each hop, the causes and what to do. Pure.
import type { Diagnosis, Hop } from '../functions/lib/diagnosis/diagnosis.ts'

export type { Diagnosis }

export interface Paper {
  readonly colour: boolean
  readonly columns: number
  /** Also a table of every hop with the time that its probes took. */
  readonly evidence: boolean
}

export function diagnosisScreen(diagnosis: Diagnosis, paper: Paper): string[] {
  const { sentence, path, verdict } = diagnosis
  return [
    paint(sentence, VERDICT_COLOUR[verdict], paper),
    '',
    ...path.map((line) => painted(line, paper)),
    '',
    ...(paper.evidence ? [...evidence(diagnosis, paper), ''] : []),
    footer(diagnosis),
  ]
}

const [RED, GREEN, YELLOW, DIM] = ['31', '32', '33', '2']

const VERDICT_COLOUR: Readonly<Record<Diagnosis['verdict'], string>> = {
  ...{ live: GREEN, asleep: DIM, broken: RED, unknown: YELLOW },
}

const STATE_COLOUR: Readonly<Record<Hop['state'], string>> = {
  ...{ ok: GREEN, broken: RED, 'not reached': DIM, unknown: YELLOW },
}

function paint(text: string, code: string, { colour }: Paper): string {
  return colour && code !== '' && text !== '' ? `\x1b[${code}m${text}\x1b[0m` : text
}

const MARK_COLOUR: Readonly<Record<string, string>> = { '[ ok ]': GREEN, '[ ?? ]': YELLOW, '[ .. ]': DIM }

/** A broken hop's whole line, of the others the mark. */
function painted(line: string, paper: Paper): string {
  const mark = line.slice(0, 6)
  if (mark === '[ ## ]') return paint(line, RED, paper)
  return `${paint(mark, MARK_COLOUR[mark] ?? '', paper)}${line.slice(6)}`
}

const HOP = 16
const STATE = 13
const MS = 6

function evidence({ hops }: Diagnosis, paper: Paper): string[] {
  const indent = HOP + STATE + MS + 2
  const head = `${'hop'.padEnd(HOP)}${'state'.padEnd(STATE)}${'ms'.padStart(MS)}  evidence`
  const rows = hops.flatMap(({ hop, state, evidence: text, ms }) => {
    const [first = '', ...more] = wrap(text, Math.max(30, paper.columns - indent))
    const start = `${hop.padEnd(HOP)}${paint(state.padEnd(STATE), STATE_COLOUR[state], paper)}`
    const took = (ms === undefined ? '' : String(Math.round(ms))).padStart(MS)
    return [`${start}${took}  ${first}`, ...more.map((line) => ' '.repeat(indent) + line)]
  })
  return [paint(head, DIM, paper), ...rows.map((row) => row.trimEnd())]
}

/** Words longer than a line, such as ARNs, are left whole: people copy them. */
function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  for (const word of text.split(/\s+/)) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}

function footer({ at, tookMs, verdict, restricted }: Diagnosis): string {
  const only = restricted ? '; only some addresses are admitted, so the host’s own probe decided' : ''
  return `${verdict} at ${at}, looked at for ${(tookMs / 1000).toFixed(1)} s${only}`
}

/** 0: nothing is broken. */
export const exitCode = ({ verdict }: Diagnosis): number => (verdict === 'live' || verdict === 'asleep' ? 0 : 1)
