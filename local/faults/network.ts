// Faults of the account's network: security group, network ACL, route table. Each waits until packets meet it.
import type { AclEntry, GroupRule } from '../world/vpc-types.ts'
import { type Fault, instanceOf, type Scene, type Undo } from './fault.ts'

const port = (number: number) => ({ from: number, to: number })
const EVERYBODY = '0.0.0.0/0'
const APP_PORT: GroupRule = { protocol: 'tcp', ports: port(8501), source: EVERYBODY }
/** The visitor's own address: nobody else gets in. */
const OFFICE: GroupRule = { protocol: 'tcp', ports: port(80), source: '198.51.100.10/32' }
const DENY_80: AclEntry = {
  ...{ number: 90, egress: false, action: 'deny', protocol: 'tcp', ports: port(80), cidr: EVERYBODY },
}

export async function setInbound(
  scene: Scene,
  change: (inbound: readonly GroupRule[]) => readonly GroupRule[],
): Promise<Undo> {
  const [groupId = ''] = instanceOf(scene).groupIds
  const before = scene.world.state.vpc.securityGroups.get(groupId)?.inbound ?? []
  const set = (inbound: readonly GroupRule[]) => {
    scene.world.dispatch({ type: 'SetGroupRules', groupId, inbound })
    return scene.settled()
  }
  await set(change(before))
  return () => set(before)
}

export const openAppPort = (scene: Scene): Promise<Undo> => setInbound(scene, (inbound) => [...inbound, APP_PORT])

async function denyInAcl(scene: Scene): Promise<Undo> {
  const { world, settled } = scene
  const before = world.state.vpc.networkAcl.entries
  const set = (entries: readonly AclEntry[]) => {
    world.dispatch({ type: 'SetAclEntries', entries })
    return settled()
  }
  await set([DENY_80, ...before])
  return () => set(before)
}

async function dropGateway({ world, settled }: Scene): Promise<Undo> {
  const before = world.state.vpc.routeTable.routes
  world.dispatch({ type: 'SetRoutes', routes: before.filter(({ target }) => target === 'local') })
  await settled()
  return () => {
    world.dispatch({ type: 'SetRoutes', routes: before })
    return settled()
  }
}

export const networkFaults = {
  'port-80-closed': {
    about: 'no rule of the security group admits port 80',
    expected: { verdict: 'broken', causes: ['security-group-closed'] },
    needsRealMachines: true,
    inject: (scene) => setInbound(scene, () => []),
  },
  'acl-closed': {
    about: 'an entry of the network ACL denies port 80',
    expected: { verdict: 'broken', causes: ['network-acl-closed'] },
    needsRealMachines: true,
    inject: denyInAcl,
  },
  'no-gateway': {
    about: 'the route table has no way to an internet gateway',
    expected: { verdict: 'broken', causes: ['no-internet-gateway'] },
    needsRealMachines: true,
    inject: dropGateway,
  },
  'app-port-admitted': {
    about: 'the security group admits 8501 as well; the site is live',
    expected: { verdict: 'live', causes: ['app-port-open'] },
    needsRealMachines: false,
    inject: openAppPort,
  },
  'office-only': {
    about: 'no fault: the security group admits one office only, and the site is live for it',
    expected: { verdict: 'live', causes: [], restricted: true },
    needsRealMachines: true,
    inject: (scene) => setInbound(scene, () => [OFFICE]),
  },
} satisfies Readonly<Record<string, Fault>>
