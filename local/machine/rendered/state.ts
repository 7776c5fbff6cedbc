// What a rendered host remembers: a JSON file on its disk that the recorders in programs/ read and write.
import { appendFileSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Server } from './nginx-configuration.ts'

export interface Service {
  readonly enabled: boolean | 'masked'
  readonly active: boolean
}

export interface Publish {
  readonly hostIp: string
  readonly hostPort: number
  readonly containerPort: number
}

export interface Container {
  /** Stays when the name changes. */
  readonly id: string
  readonly name: string
  readonly image: string
  readonly publish: readonly Publish[]
  readonly labels: Readonly<Record<string, string>>
  readonly env: readonly string[]
  readonly volumes: readonly string[]
  readonly restart: string
  /** The words after `docker run` or `docker create`. */
  readonly arguments: readonly string[]
  readonly running: boolean
  /** `docker stop` outlives a boot under `--restart unless-stopped`; nor does one come up that was never started. */
  readonly stoppedByHand: boolean
}

/** How an image behaves once it runs. */
export interface Image {
  readonly id: string
  readonly repoDigests: readonly string[]
  /** Port on which its app listens. */
  readonly listens: number
  readonly healthPath: string
  readonly streamPath: string
  /** Body of its answer at the health path; null: the program ends by itself with `exitCode`. */
  readonly health: string | null
  readonly exitCode: number
  readonly log: string
}

export interface HostState {
  readonly services: Readonly<Record<string, Service>>
  readonly containers: readonly Container[]
  readonly images: Readonly<Record<string, Image>>
  /** References that no registry knows. */
  readonly unpullable: readonly string[]
  /** Servers of the configuration that nginx has loaded; what lies on the disk may be newer. */
  readonly servers: readonly Server[]
  /** Rules in the words of iptables, without -I; the unit that brings them back at a boot is taken to work. */
  readonly rules: readonly string[]
  /** Networks of Docker beside its own, and their bridges. */
  readonly networks: Readonly<Record<string, string>>
  /** Visitors with an open tab, by the hostname. */
  readonly visitors?: Readonly<Record<string, number>>
  /** Programs other than nginx and Docker that listen. */
  readonly listeners: readonly { readonly port: number; readonly program: string }[]
}

export const blankState: HostState = {
  services: {},
  containers: [],
  images: {},
  unpullable: [],
  servers: [],
  rules: [],
  networks: {},
  listeners: [],
}

export const machineFolder = (root: string): string => path.join(root, '.machine')

export function readState(root: string): HostState {
  return JSON.parse(readFileSync(path.join(machineFolder(root), 'state.json'), 'utf8'))
}

/** By rename, so that a recorder that is killed leaves no half file. */
export function writeState(root: string, state: HostState): void {
  const file = path.join(machineFolder(root), 'state.json')
  writeFileSync(`${file}.${process.pid}`, JSON.stringify(state, null, 1))
  renameSync(`${file}.${process.pid}`, file)
}

export function changeState(root: string, change: (state: HostState) => HostState): void {
  writeState(root, change(readState(root)))
}

/** One line per call of a recorder. */
export function recordCall(root: string, words: readonly string[]): void {
  appendFileSync(path.join(machineFolder(root), 'calls.log'), `${words.join(' ')}\n`)
}
