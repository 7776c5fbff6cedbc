// curl of a rendered host: GET from 127.0.0.1 only, answered by what nginx has loaded and which containers run.
import { parseArgs } from 'node:util'
import { type NoAnswer, request } from '../requests.ts'
import { noteLook, USE_PATH } from '../use.ts'
import { type Call, Ended } from './call.ts'

/** curl's exit codes: 7 could not connect, 52 an end without an answer, 56 failure in receiving. */
const EXIT: Readonly<Record<NoAnswer, number>> = { refused: 7, ended: 52, reset: 56 }

export function curl(call: Call): void {
  if (call.args[0] === '--version') throw new Ended({ code: 0, stdout: 'curl 8.14.1 (rendered)\n', stderr: '' })
  const ends = transfers(call.args).flatMap((args) => transfer(call, args))
  throw new Ended({ code: ends.at(-1)?.code ?? 2, stdout: ends.map(({ stdout }) => stdout).join(''), stderr: '' })
}

/** What stands before, between and behind `--next`. */
function transfers(args: readonly string[]): string[][] {
  const at = args.indexOf('--next')
  return at < 0 ? [[...args]] : [args.slice(0, at), ...transfers(args.slice(at + 1))]
}

function transfer(call: Call, args: string[]): { code: number; stdout: string }[] {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      silent: { type: 'boolean' },
      'max-time': { type: 'string' },
      noproxy: { type: 'string' },
      header: { type: 'string', multiple: true, default: [] },
      'write-out': { type: 'string', default: '' },
      'user-agent': { type: 'string' },
      'dump-header': { type: 'string' },
      'no-buffer': { type: 'boolean' },
      output: { type: 'string' },
    },
  })
  const written = values['write-out'].replaceAll('\\n', '\n')
  const asked = values.header.map((header) => /^Host: *(.*)$/i.exec(header)?.[1]).find((name) => name !== undefined)
  const upgrade = values.header.includes('Upgrade: websocket')
  return positionals.map((one) => {
    const url = new URL(one)
    if (url.protocol !== 'http:' || url.hostname !== '127.0.0.1') call.notKnown()
    const answer = request(call.state, Number(url.port || 80), asked ?? url.host, url.pathname, upgrade)
    if (url.pathname === USE_PATH && typeof answer !== 'string' && answer.status === 200)
      noteLook(call.root, asked ?? url.host, url)
    const [code, status, body] =
      typeof answer === 'string' ? [EXIT[answer], '000', ''] : [0, String(answer.status), answer.body]
    const head = values['dump-header'] === '-' && code === 0 ? `HTTP/1.1 ${status} of the rendered host\r\n\r\n` : ''
    const shown = values.output === '/dev/null' ? '' : head + body
    return { code, stdout: shown + written.replaceAll('%{http_code}', status) }
  })
}
