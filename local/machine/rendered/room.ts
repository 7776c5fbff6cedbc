// Rendered machines for systems without root or without Debian: the real bash of the document, acting on folders.
import { mkdirSync } from 'node:fs'
import path from 'node:path'
import type { AclRule, InboundRule, Machine, MachineRoom } from '../types.ts'
import { renderedMachine } from './machine.ts'

export interface RenderedRoom extends MachineRoom {
  readonly kind: 'rendered'
  /** Folder of a machine's disk. */
  disk(name: string): string
  /** What was asked of the network, none of which exists here. */
  readonly network: {
    readonly addresses: ReadonlyMap<string, string>
    readonly inbound: ReadonlyMap<string, readonly InboundRule[]>
    readonly acls: ReadonlyMap<string, readonly AclRule[]>
    readonly internetRoutes: ReadonlyMap<string, boolean>
  }
}

/** `folder` holds one folder for each machine; those stay until `destroy`. */
export function renderedRoom(folder: string): RenderedRoom {
  const machines = new Map<string, Machine>()
  const addresses = new Map<string, string>()
  const inbound = new Map<string, readonly InboundRule[]>()
  const acls = new Map<string, readonly AclRule[]>()
  const internetRoutes = new Map<string, boolean>()
  const disk = (name: string): string => path.join(folder, name)
  mkdirSync(folder, { recursive: true })
  return {
    kind: 'rendered',
    notExercised: [
      'nginx: its configuration is rendered and read, not served',
      'the Docker engine: its commands are recorded, no image is pulled and nothing runs',
      'Streamlit, and so the page, its WebSocket and the headers that it sees',
      '1:1 NAT and the security group: no packet goes to the public address',
    ],
    disk,
    network: { addresses, inbound, acls, internetRoutes },
    async machine(name) {
      const known = machines.get(name) ?? renderedMachine(name, disk(name))
      machines.set(name, known)
      return known
    },
    async associate(publicIp, privateIp) {
      addresses.set(publicIp, privateIp)
    },
    async disassociate(publicIp) {
      addresses.delete(publicIp)
    },
    async setInbound(privateIp, rules) {
      inbound.set(privateIp, rules)
    },
    async setAcl(privateIp, rules) {
      acls.set(privateIp, rules)
    },
    async setInternetRoute(privateIp, there) {
      internetRoutes.set(privateIp, there)
    },
    visitorsResolver: undefined,
    emptyResolverCache: async () => {},
    publicSide: [],
    cloudAddress: '127.0.0.1',
    async close() {
      for (const machine of machines.values()) await machine.powerOff()
    },
  }
}
