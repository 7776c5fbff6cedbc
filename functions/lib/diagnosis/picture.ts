// The picture of a diagnosis: every hop on a line of at most 80 columns, the broken ones marked, the causes below them.
import type { Cause, Diagnosis, Hop } from './diagnosis.ts'

const WIDTH = 80

const MARKS: Readonly<Record<Hop['state'], string>> = {
  ok: ' ok ',
  broken: ' ## ',
  'not reached': ' .. ',
  unknown: ' ?? ',
}

/** Columns before the evidence. */
const EVIDENCE = 23

/** ASCII only, so that it is read in a mail as on a screen. */
export function pictureOf({ site, verdict, at, tookMs, hops, causes }: Omit<Diagnosis, 'path'>): string[] {
  const head = ` visitor of ${site}`
  const end = `${verdict.toUpperCase()}, ${at.slice(0, 19)}Z, ${(tookMs / 1000).toFixed(1)} s`
  const title = head.length + end.length < WIDTH ? [head.padEnd(WIDTH - end.length) + end] : [cut(head), cut(` ${end}`)]
  return [...title, '  |', ...hops.flatMap((hop) => lines(hop, causes)), '  |', ...rest(hops, causes)].map(ascii)
}

function lines(hop: Hop, causes: readonly Cause[]): string[] {
  const broken = hop.state === 'broken'
  const start = `[${MARKS[hop.state]}]${broken ? '>' : ' '}${hop.hop}`.padEnd(EVIDENCE)
  if (!broken) return hanging(hop.evidence, start, ' '.repeat(EVIDENCE))
  const here = causes.filter((cause) => cause.hop === hop.hop)
  return [`${start}<== BROKEN`, ...here.flatMap(told)]
}

/** Causes on a hop that is not drawn as broken. */
function rest(hops: readonly Hop[], causes: readonly Cause[]): string[] {
  const drawn = new Set(hops.filter(({ state }) => state === 'broken').map(({ hop }) => hop))
  const others = causes.filter(({ hop }) => !drawn.has(hop))
  return others.length === 0 ? [' page'] : [' page', '', ...others.flatMap(told)]
}

const told = ({ name, what, fix, or }: Cause): string[] => [
  ...wrap(`${name}: ${what}`),
  ...wrap(`do: ${fix}`),
  ...(or ? wrap(`or ${or.name}: ${or.how}`) : []),
]

const wrap = (text: string): string[] => hanging(text, '  |    ', '  |      ')

/** The first line after `first`, each further one after `next`. Words longer than a line are cut into pieces. */
function hanging(text: string, first: string, next: string): string[] {
  const longest = WIDTH - next.length
  const words = text.split(/\s+/).flatMap((word) => word.match(new RegExp(`.{1,${longest}}`, 'g')) ?? [])
  const out: string[] = []
  let line = first
  for (const word of words) {
    const begun = line !== first && line !== next
    if (begun && line.length + 1 + word.length > WIDTH) {
      out.push(line)
      line = next + word
    } else line = begun ? `${line} ${word}` : line + word
  }
  return [...out, line]
}

const cut = (line: string): string => (line.length <= WIDTH ? line : `${line.slice(0, WIDTH - 3)}...`)

const ascii = (line: string): string =>
  line
    .replaceAll('’', "'")
    .replaceAll('…', '.')
    .replace(/[^\x20-\x7e]/g, '?')
    .trimEnd()
