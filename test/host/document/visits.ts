// A crowd of visitors as a program of its own, in their namespace: node visits.ts <url> <Host> <how many at once> <at least so many>.
// Each GET on a connection of its own; once there are so many, with a pause behind each. On SIGTERM it stops asking and prints what it got.
import { get } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'

const PAUSE_MS = 5

/** Times in milliseconds of the machine's clock. */
export interface Visit {
  readonly from: number
  readonly to: number
  /** `200`, another status, or why there was none. */
  readonly got: string
}

const [url = '', name = '', width = '4', least = '0'] = process.argv.slice(2)
const visits: Visit[] = []
let stopping = false

function ask(): Promise<void> {
  const from = Date.now()
  const { promise, resolve } = Promise.withResolvers<void>()
  const note = (got: string): void => {
    visits.push({ from, to: Date.now(), got })
    resolve()
  }
  // agent: false, since an agent without keepAlive takes a used connection again under load.
  const request = get(url, { agent: false, headers: { Host: name, Connection: 'close' } }, (response) => {
    let body = ''
    response.setEncoding('utf8').on('data', (piece: string) => {
      body += piece
    })
    response.on('end', () => note(body === 'ok' || response.statusCode !== 200 ? String(response.statusCode) : body))
    response.on('error', (error) => note(`cut: ${error.message}`))
  })
  request.on('error', (error) => note((error as NodeJS.ErrnoException).code ?? error.message))
  // On a busy machine a replace holds its visitors for long.
  request.setTimeout(300_000, () => request.destroy(new Error('no answer in 300 s')))
  return promise
}

async function visitor(): Promise<void> {
  while (!stopping || visits.length < Number(least)) {
    await ask()
    if (visits.length >= Number(least)) await pause(PAUSE_MS)
  }
}

process.on('SIGTERM', () => {
  stopping = true
})
console.log('asking')
await Promise.all(Array.from({ length: Number(width) }, visitor))
console.log(JSON.stringify(visits))
