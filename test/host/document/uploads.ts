// Uploads to an app that closes idle connections, each at the moment in which it does so, as a program of its own in the visitors' namespace:
// node uploads.ts <url> <Host> <ms after which the app closes> <at most so many> <until so many failed>. Prints a tally of what they got.
import { Agent, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

const [url = '', name = '', ...numbers] = process.argv.slice(2)
const [idle = 0, most = 0, enough = 0] = numbers.map(Number)
const WIDTH = 8
const agent = new Agent({ keepAlive: true, maxSockets: WIDTH })
const got: Record<string, number> = {}
let sent = 0

function upload(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const note = (what: string): void => {
    got[what] = (got[what] ?? 0) + 1
    resolve()
  }
  const headers = { Host: name, 'Content-Length': 5, 'X-Id': String(sent++) }
  const asked = request(url, { method: 'POST', agent, headers }, (response) => {
    response.resume().on('end', () => note(String(response.statusCode)))
  })
  asked.on('error', (error) => note((error as NodeJS.ErrnoException).code ?? error.message))
  asked.end('hello')
  return promise
}

const failed = (): number => Object.entries(got).reduce((sum, [what, times]) => sum + (what === '200' ? 0 : times), 0)

for (let round = 0; sent < most && failed() < enough; round++) {
  await Promise.all(Array.from({ length: WIDTH }, upload))
  // The answer has taken a moment to come here: from two milliseconds before to two after.
  const aim = performance.now() + idle - 2 + (round % 40) / 10
  await sleep(idle - 5)
  while (performance.now() < aim) await new Promise(setImmediate)
}
console.log(JSON.stringify(got))
agent.destroy()
