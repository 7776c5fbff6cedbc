// What stands around the emulator inside its namespace, as a process: rendered hosts behind the instances, which also answer at their public
// addresses, and the name server of the zones, which is everybody's resolver, too. It ends, with the emulator, when its input ends.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import { text } from 'node:stream/consumers'
import { Route53Client } from '@aws-sdk/client-route-53'
import dnsPacket from 'dns-packet'
import { runCommand } from '../../../local/agent/run.ts'
import { request } from '../../../local/machine/rendered/requests.ts'
import { renderedRoom } from '../../../local/machine/rendered/room.ts'
import { readState } from '../../../local/machine/rendered/state.ts'
import { startPebble } from '../../support/pebble.ts'
import { recordsNamed } from './records.ts'

const [folder = '', python = '', additions = '', nameServer = '', authority = ''] = process.argv.slice(2)
const BENCH_PORT = 4570
const AUTHORITY = '198.51.100.14'

const room = renderedRoom(`${folder}/hosts`)
const sites = new Map<string, Server>()

async function bootHost(id: string, address: string): Promise<void> {
  const machine = await room.machine(id, { privateIp: '' })
  await machine.boot()
  const site = publicSide(room.disk(id))
  sites.set(id, site)
  await once(site.listen(80, address), 'listening')
}

async function stopHost(id: string): Promise<void> {
  const site = sites.get(id)
  site?.closeAllConnections()
  site?.close()
  sites.delete(id)
  await (await room.machine(id, { privateIp: '' })).powerOff()
}

/** Port 80 of a host, by what its nginx has loaded and which containers run. */
function publicSide(disk: string): Server {
  const ask = ({ headers, url = '/' }: IncomingMessage, upgrade: boolean) =>
    request(readState(disk), 80, headers.host ?? '', url, upgrade)
  const server = createServer((asked, reply) => {
    const answer = ask(asked, false)
    if (typeof answer === 'string') asked.socket.destroy()
    else reply.writeHead(answer.status).end(answer.body)
  })
  return server.on('upgrade', (asked, socket) => {
    const answer = ask(asked, true)
    if (typeof answer === 'string') socket.destroy()
    else socket.end(answer.status === 101 ? accepted(asked) : `HTTP/1.1 ${answer.status} no\r\n\r\n`)
  })
}

/** RFC 6455, 4.2.2. */
function accepted({ headers }: IncomingMessage): string {
  const key = `${headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`
  const accept = createHash('sha1').update(key).digest('base64')
  return `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`
}

/** `PUT /hosts/<id> {address}`: up there, or off with null. `POST /hosts/<id>/run {content, parameters}`: what became of it, null where the host went down. */
const hosts = createServer(async (asked, reply) => {
  const [, , id = '', run] = (asked.url ?? '').split('/')
  const body = JSON.parse(await text(asked))
  const machine = await room.machine(id, { privateIp: '' })
  let answer: unknown = null
  if (run) answer = machine.running ? await runCommand(machine, body, (line) => console.error(`host ${line}`)) : null
  else if (body.address) await bootHost(id, body.address)
  else await stopHost(id)
  reply.end(JSON.stringify(answer))
})
await once(hosts.listen(BENCH_PORT, '127.0.0.1'), 'listening')

const cloud = {
  AWS_ENDPOINT_URL: 'http://127.0.0.1:4566',
  AWS_REGION: 'eu-central-1',
  AWS_ACCESS_KEY_ID: 'test',
  AWS_SECRET_ACCESS_KEY: 'test',
}
Object.assign(process.env, cloud)
const route53 = new Route53Client()
const names = createSocket('udp4')
names.on('message', async (message, peer) => {
  const query = dnsPacket.decode(message)
  const [question] = query.questions ?? []
  const found = question ? await recordsNamed(route53, question.name).catch(() => undefined) : []
  const sets = found ?? []
  const answers = sets
    .filter(({ Type }) => Type === question?.type)
    .flatMap(({ Type, TTL, ResourceRecords = [] }) =>
      ResourceRecords.map(({ Value = '' }) => ({
        ...{ name: question!.name, type: Type as 'A', ttl: TTL ?? 0 },
        data: Type === 'TXT' ? JSON.parse(Value) : Value,
      })),
    )
  const code = sets.length === 0 ? 3 : 0
  const rcode = found ? code : 2 // The server failed: whoever asked asks again.
  const flags = dnsPacket.AUTHORITATIVE_ANSWER | rcode
  const packet = dnsPacket.encode({
    type: 'response',
    id: query.id ?? 0,
    flags,
    questions: query.questions ?? [],
    answers,
  })
  names.send(packet, peer.port, peer.address)
})
names.bind(53, nameServer)

const pebble = authority ? await startPebble(`${nameServer}:53`, AUTHORITY) : undefined
if (pebble) writeFileSync(authority, pebble.directory)

const emulator = spawn(python, ['-u', additions], {
  stdio: ['ignore', 'inherit', 'inherit'],
  env: {
    ...{ PATH: process.env.PATH, HOME: folder, TMPDIR: folder, ...cloud, ...emulatorSettings() },
    // Every function inherits these, as the local cloud gives them: where a diagnosis asks for names.
    ...{ NAME_SERVERS: nameServer, RESOLVERS: nameServer },
    ...pebble?.environment,
  },
})

function emulatorSettings() {
  return {
    ...{
      AUTH: 'true',
      LAMBDA_EXECUTOR: 'local',
      MINISTACK_REGION: 'eu-central-1',
      MINISTACK_HOST: '127.0.0.1',
      LOG_LEVEL: 'WARNING',
    },
    ...{ BENCH_URL: `http://127.0.0.1:${BENCH_PORT}`, DECISIONS_FILE: `${folder}/decisions.jsonl` },
    SOCKET_FILE: `${folder}/emulator.sock`,
  }
}

process.stdin.resume().once('end', () => emulator.kill())
await once(emulator, 'exit')
await pebble?.close()
await room.close()
process.exit()
