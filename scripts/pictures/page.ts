// The page at the end of a run on real machines, with the address that the browser had.
import { write } from './svg.ts'

const WIDTH = 1280
/** Of the screenshot; below it stand the headers of the request. */
const SHOWN = 420
const BAR = 48

/** @param recording names the site */
export function pagePicture(png: Buffer, recording: string): string {
  const [, host = ''] = /^DONE (\S+) /m.exec(recording) ?? []
  const address = `http://${host}`
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${SHOWN + BAR}" role="img" font-family="sans-serif" font-size="18">
<title>${address} in Chromium</title>
<rect width="${WIDTH}" height="${SHOWN + BAR}" fill="#dee1e6"/>
<rect x="70" y="8" width="${WIDTH - 90}" height="32" rx="16" fill="#fff"/>
${write('⟳', { x: 28, y: 31, fill: '#444' })}
${write(address, { x: 90, y: 30, fill: '#222' })}
<svg y="${BAR}" width="${WIDTH}" height="${SHOWN}" viewBox="0 0 ${WIDTH} ${SHOWN}"><image width="${WIDTH}" height="720" href="data:image/png;base64,${png.toString('base64')}"/></svg>
</svg>
`
}
