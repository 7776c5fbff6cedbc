// What the pictures of docs/ share: text, colours that read on white and on black, a frame.
export const COLOURS = {
  paper: '#0d1117',
  text: '#e6edf3',
  quiet: '#8b949e',
  good: '#3fb950',
  bad: '#f85149',
  ours: '#388bfd',
} as const

const marked = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

interface Written {
  readonly x: number
  readonly y: number
  readonly fill?: string
  readonly extra?: string
}

export const write = (text: string, { x, y, fill = COLOURS.text, extra = '' }: Written): string =>
  `<text x="${x}" y="${y}" fill="${fill}"${extra && ` ${extra}`} xml:space="preserve">${marked(text)}</text>`

export function frame(width: number, height: number, title: string, rows: readonly string[], style = ''): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="12">
<title>${marked(title)}</title>${style && `\n<style>${style}</style>`}
<rect width="${width}" height="${height}" rx="8" fill="${COLOURS.paper}"/>
${rows.join('\n')}
</svg>
`
}
