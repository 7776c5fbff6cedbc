// A guarded site with the recording app on a real machine, and a visitor who attacks it.
import { basename, join } from 'node:path'
import { run } from '../../../local/machine/command.ts'
import { CLIENT_LINK, layout } from '../../../local/machine/network/layout.ts'
import type { Host } from '../../../local/machine/nspawn/machine.ts'
import type { NspawnRoom } from '../../../local/machine/nspawn/room.ts'
import { configure, NAME, type Run, sh, type Values } from '../document/bench.ts'
import { openRole, type Role } from '../document/role.ts'
import { HTTP_FOR_ALL, openRoom } from '../machine/bench.ts'
import type { Attempt } from './raw.ts'
import { makeRecorder, RECORDER } from './recorder.ts'

const [PUBLIC, PRIVATE] = ['203.0.113.43', '172.31.4.8']
export const ADDRESS = PUBLIC
export const VISITORS = '/ragstream/visitors'
export const PASSWORD = 'open sesame'

export interface Attacked {
  readonly room: NspawnRoom
  readonly host: Host
  readonly role: Role
  configure(values: Values): Promise<Run>
  /**
   * Answers of the site's nginx to a visitor, in the order of the attempts. Some attempts get no answer: the visitor leaves after `patience`
   * milliseconds without a byte. So many are under way at once.
   */
  attack(attempts: readonly Attempt[], patience?: number, width?: number): Promise<string[]>
  /** A program of this folder, run by node in the namespace of the visitors. */
  visitor(program: string, words: readonly string[], stdin?: string): Promise<string>
  /** More addresses for the visitor. */
  addAddresses(addresses: readonly string[]): Promise<void>
  close(): Promise<void>
}

export async function openAttack(): Promise<Attacked> {
  const room = await openRoom()
  const role = await openRole(room.cloudAddress)
  const host = await room.machine('i-attack', { privateIp: PRIVATE })
  await host.boot()
  await role.give(host)
  await room.associate(PUBLIC, PRIVATE)
  await room.setInbound(PRIVATE, [...HTTP_FOR_ALL, { protocol: 'tcp', port: 443, source: '0.0.0.0/0' }])
  await makeRecorder(host)
  const hashed = (await sh(host, `openssl passwd -apr1 -salt abcdefgh '${PASSWORD}'`)).trim()
  role.put(VISITORS, `ali:${hashed}\n`)
  const visitor = (program: string, words: readonly string[], stdin = '') =>
    run([...room.client, process.execPath, join(import.meta.dirname, program), ...words], { stdin })
  return {
    room,
    host,
    role,
    configure: (values) => configure(host, { Image: RECORDER, Rollout: 'replace', ...values }, role.env),
    attack: async (attempts, patience = 1000, width = 16) => {
      const words = [PUBLIC, NAME, ...[patience, width].map(String)]
      return JSON.parse(await visitor('raw.ts', words, JSON.stringify(attempts))) as string[]
    },
    visitor,
    async addAddresses(addresses) {
      const { client, edge } = layout(Number(/^rse-(\d+)$/.exec(basename(room.folder))?.[1]))
      for (const one of addresses) {
        await run(['ip', '-n', client, 'address', 'add', `${one}/32`, 'dev', 'eth0'])
        await run(['ip', '-n', edge, 'route', 'add', `${one}/32`, 'dev', CLIENT_LINK])
      }
    },
    async close() {
      await room.close()
      await role.close()
    },
  }
}
