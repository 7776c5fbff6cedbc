// A certificate authority for tests: Debian's pebble, which asks the local cloud's name server, behind a door that can refuse.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, createServer, request, type Server } from 'node:https'
import { connect, createServer as createTcpServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { setTimeout as pause } from 'node:timers/promises'
import axios from 'acme-client/src/axios.js'
import { clientOf } from '../../functions/lib/acme/client.ts'
import { installPackages } from '../../local/machine/prepare/packages.ts'

const PROGRAM = '/usr/bin/pebble'

export interface Pebble {
  readonly directory: string
  /** Variables under which a function finds it and trusts it. */
  readonly environment: Readonly<Record<string, string>>
  /** PEM of the root of what it issues. */
  root(): Promise<string>
  /** From now on orders are refused as Let's Encrypt does beyond its limits; undefined: no longer. */
  limit(retryAfterSeconds: number | undefined): void
  /** From now on nobody who says that a proof is ready gets an answer, until `release`; `asked` resolves when the first one says so. */
  hold(): { readonly asked: Promise<void>; release(): void }
  /** From now on its answers but refusals arrive as `change` returns them, given the path; undefined: as they are. */
  tamper(change: ((path: string, body: string) => string) | undefined): void
  /** Orders that arrived at the door. */
  readonly orders: () => number
  /** Accounts that were made. */
  readonly accounts: () => number
  /** From now on what runs in this process trusts it. */
  trust(): void
  /** Whether an account has this key. */
  knows(accountKey: string): Promise<boolean>
  close(): Promise<void>
}

/** Its variables PEBBLE_<name>. By default it looks at once, and takes no proof for more than one order. */
const HABITS = { VA_NOSLEEP: '1', AUTHZREUSE: '0' }

/** `nameServer` is `<address>:<port>`. */
export async function startPebble(
  nameServer: string,
  address = '127.0.0.1',
  habits: Readonly<Record<string, string>> = {},
): Promise<Pebble> {
  if (!existsSync(PROGRAM)) await installPackages(['pebble'], { yes: true }, () => {})
  const folder = mkdtempSync(join(tmpdir(), 'ragstream-edge-pebble-'))
  const [certificate, key] = selfSigned(folder, address)
  const [port, managementPort] = [await freePort(address, 10_000), await freePort(address, 20_000)]
  const listen = { listenAddress: `${address}:${port}`, managementListenAddress: `${address}:${managementPort}` }
  const config = { pebble: { ...listen, certificate, privateKey: key, httpPort: 5002, tlsPort: 5001 } }
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config))
  const variables = Object.entries({ ...HABITS, ...habits }).map(([name, value]) => [`PEBBLE_${name}`, value])
  const child = spawn(PROGRAM, ['-config', join(folder, 'config.json'), '-dnsserver', nameServer], {
    env: { ...process.env, ...Object.fromEntries(variables) },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  await listening(child)
  await Promise.all([port, managementPort].map((one) => opened(child, address, one)))
  let retryAfter: number | undefined
  let [orders, accounts] = [0, 0]
  let onProof: (() => void) | undefined
  let change: ((path: string, body: string) => string) | undefined
  const door = createServer({ cert: readFileSync(certificate), key: readFileSync(key) }, (incoming, outgoing) => {
    if (incoming.url === '/order-plz') {
      orders += 1
      if (retryAfter !== undefined) {
        outgoing.writeHead(429, { 'content-type': 'application/problem+json', 'retry-after': String(retryAfter) })
        outgoing.end(JSON.stringify({ type: 'urn:ietf:params:acme:error:rateLimited', detail: 'too many new orders' }))
        return
      }
    }
    if (onProof && incoming.url?.startsWith('/chalZ/')) return onProof()
    const onward = request(
      {
        host: address,
        port,
        path: incoming.url,
        method: incoming.method,
        headers: incoming.headers,
        rejectUnauthorized: false,
      },
      (answer) => {
        if (incoming.url === '/sign-me-up' && answer.statusCode === 201) accounts += 1
        const { 'content-length': _, ...headers } = answer.headers
        outgoing.writeHead(answer.statusCode ?? 502, headers)
        // What it refuses stays as it is: of twenty nonces it takes one for used, and whoever asks then asks again.
        if (!change || (answer.statusCode ?? 502) >= 400) return void answer.pipe(outgoing)
        const changed = change
        text(answer).then(
          (body) => outgoing.end(changed(incoming.url ?? '', body)),
          () => outgoing.destroy(),
        )
      },
    )
    onward.on('error', () => outgoing.destroy())
    incoming.pipe(onward)
  })
  // As local/wire/server.ts: else, on a busy machine, a kept connection ends while a function sends its next request.
  door.keepAliveTimeout = 0
  door.listen(0, address)
  await once(door, 'listening')
  const directory = `https://${address}:${portOf(door)}/dir`
  const trust = () => {
    axios.defaults.httpsAgent = new Agent({ ca: readFileSync(certificate) })
  }
  return {
    directory,
    environment: { ACME_DIRECTORY: directory, NODE_EXTRA_CA_CERTS: certificate },
    root: () => read(address, managementPort, '/roots/0'),
    limit: (seconds) => {
      retryAfter = seconds
    },
    hold() {
      const { promise: asked, resolve } = Promise.withResolvers<void>()
      onProof = resolve
      return {
        asked,
        release: () => {
          onProof = undefined
        },
      }
    },
    tamper: (other) => {
      change = other
    },
    orders: () => orders,
    accounts: () => accounts,
    trust,
    async knows(accountKey) {
      trust()
      return clientOf(directory, accountKey)
        .createAccount({ onlyReturnExisting: true })
        .then(
          () => true,
          (error: Error) => {
            if (/unable to find existing account/i.test(error.message)) return false
            throw error
          },
        )
    },
    async close() {
      door.close()
      door.closeAllConnections()
      const ended = once(child, 'exit')
      child.kill()
      await ended
      rmSync(folder, { recursive: true })
    },
  }
}

function selfSigned(folder: string, address: string): [certificate: string, key: string] {
  const [certificate, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
  const made = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
  const named = ['-subj', '/CN=pebble', '-addext', `subjectAltName=IP:${address}`]
  execFileSync('openssl', [...made, ...named, '-keyout', key, '-out', certificate], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  return [certificate, key]
}

const portOf = (server: Server): number => (server.address() as { port: number }).port

/**
 * pebble does not say which port it was given, so it is told one that is free. From 10,000 to 30,000 the kernel gives none by itself: nobody has
 * got it by the time that pebble listens.
 */
async function freePort(address: string, from: number): Promise<number> {
  const port = from + randomInt(10_000)
  const server = createTcpServer().listen(port, address)
  try {
    await once(server, 'listening')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    return freePort(address, from)
  }
  server.close()
  await once(server, 'close')
  return port
}

function listening(child: ChildProcess): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const said: string[] = []
  for (const stream of [child.stdout!, child.stderr!])
    createInterface({ input: stream }).on('line', (line) => {
      said.push(line)
      if (line.includes('ACME directory available at')) resolve()
    })
  child.once('exit', () => reject(new Error(`pebble ended:\n${said.join('\n')}`)))
  return promise
}

/** It says that it listens before it does. */
async function opened(child: ChildProcess, address: string, port: number): Promise<void> {
  const socket = connect(port, address)
  try {
    await once(socket, 'connect')
  } catch {
    if (child.exitCode !== null)
      throw new Error(`pebble ended with ${child.exitCode} before it listened on port ${port}`)
    await pause(5)
    return opened(child, address, port)
  } finally {
    socket.destroy()
  }
}

function read(address: string, port: number, path: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  request({ host: address, port, path, rejectUnauthorized: false }, (answer) => text(answer).then(resolve, reject))
    .on('error', reject)
    .end()
  return promise
}
