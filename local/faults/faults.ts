// The faults by name, in the order of the picture: shared by the tests, the prompt of `npm start -- --keep` and the bench.
import { certificateFaults } from './certificate.ts'
import { containerFaults } from './container.ts'
import type { Fault } from './fault.ts'
import { instanceFaults } from './instance.ts'
import { networkFaults } from './network.ts'
import { nginxFaults } from './nginx.ts'
import { recordFaults } from './record.ts'

const all = {
  ...{ ...recordFaults, ...networkFaults, ...nginxFaults, ...certificateFaults },
  ...{ ...containerFaults, ...instanceFaults },
}

export type FaultName = keyof typeof all

export const FAULTS: Readonly<Record<FaultName, Fault>> = all

export const faultNames = Object.keys(FAULTS) as FaultName[]

/** Two at once, the second behind the first: both are to be named. */
export const PAIRS: readonly (readonly [FaultName, FaultName])[] = [
  ['port-80-closed', 'container-stopped'],
  ['record-parked', 'websocket-headers-lost'],
]
