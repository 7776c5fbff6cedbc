// Answers the calls of a rendered host's recorders: the programs on its PATH are a few lines of bash that pass their
// words on to here. A Node process for each call would take 50 ms, and a run makes 30 of them.
import { createServer, type Socket } from 'node:net'
import { aptGet } from './programs/apt-get.ts'
import { Call, Ended, type Program, type Reply } from './programs/call.ts'
import { curl } from './programs/curl.ts'
import { docker } from './programs/docker.ts'
import { iptables } from './programs/iptables.ts'
import { nginx } from './programs/nginx.ts'
import { ss } from './programs/ss.ts'
import { systemctl } from './programs/systemctl.ts'
import { recordCall } from './state.ts'

const PROGRAMS: Readonly<Record<string, Program>> = { 'apt-get': aptGet, curl, docker, iptables, nginx, ss, systemctl }

export interface Recorders {
  /** On the loopback address. */
  readonly port: number
  close(): Promise<void>
}

export async function startRecorders(root: string): Promise<Recorders> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    // The caller was killed: nobody waits for the answer.
    socket.on('error', () => {})
    serve(root, socket)
  })
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve))
  // A host that is merely up does not keep its process alive.
  server.unref()
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      for (const socket of sockets) socket.destroy()
      return closed
    },
  }
}

/** Question: how many words, then the program and its words, each ended by NUL. Answer: code, stdout, stderr likewise. */
function serve(root: string, socket: Socket): void {
  let question = ''
  socket.setEncoding('utf8').on('data', (text) => {
    question += text
    const [count = '', program = '', ...words] = question.split('\0')
    if (words.length <= Number(count)) return
    const { code, stdout, stderr } = answer(root, program, words.slice(0, Number(count)))
    socket.end([code, stdout, stderr, ''].map((part) => String(part).replaceAll('\0', '')).join('\0'))
  })
}

function answer(root: string, program: string, args: readonly string[]): Reply {
  recordCall(root, [program, ...args])
  try {
    PROGRAMS[program]?.(new Call(root, program, args))
    return { code: 0, stdout: '', stderr: '' }
  } catch (error) {
    if (error instanceof Ended) return error.reply
    return {
      code: 70,
      stdout: '',
      stderr: `${program} of the rendered host: ${error instanceof Error ? error.stack : error}\n`,
    }
  }
}
