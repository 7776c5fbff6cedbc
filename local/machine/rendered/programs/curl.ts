// curl of a rendered host: GET from 127.0.0.1 only, answered by what nginx has loaded and which containers run.
import { parseArgs } from 'node:util'
import { type NoAnswer, request } from '../requests.ts'
import { readState } from '../state.ts'
import { beginCall, notKnown } from './call.ts'

/** curl's exit codes: 7 could not connect, 56 failure in receiving. */
const EXIT: Readonly<Record<NoAnswer, number>> = { refused: 7, reset: 56 }

const { root, args } = beginCall('curl')
const { values, positionals } = parseArgs({
  args: [...args],
  allowPositionals: true,
  options: {
    silent: { type: 'boolean' },
    'max-time': { type: 'string' },
    noproxy: { type: 'string' },
    header: { type: 'string', multiple: true, default: [] },
    'write-out': { type: 'string', default: '' },
  },
})
const url = new URL(positionals[0] ?? '')
if (url.protocol !== 'http:' || url.hostname !== '127.0.0.1') notKnown('curl', args)

const asked = values.header.map((header) => /^Host: *(.*)$/i.exec(header)?.[1]).find((name) => name !== undefined)
const answer = request(readState(root), Number(url.port || 80), asked ?? url.host, url.pathname)
const none = typeof answer === 'string'
const status = none ? '000' : String(answer.status)
process.stdout.write((none ? '' : answer.body) + values['write-out'].replaceAll('%{http_code}', status))
process.exitCode = none ? EXIT[answer] : 0
