// What docker of a rendered host prints when it is asked about images and containers.
import { createHash } from 'node:crypto'
import { HEALTH_PATH, STREAM_PATH } from '../../app-paths.ts'
import type { Container, Image } from '../state.ts'
import type { Call } from './call.ts'

export function pulledImage(reference: string): Image {
  const id = `sha256:${createHash('sha256').update(reference).digest('hex')}`
  return {
    id,
    repoDigests: [`${reference.replace(/:[^/]*$/, '')}@${id}`],
    listens: 8501,
    healthPath: HEALTH_PATH,
    streamPath: STREAM_PATH,
    health: 'ok',
    exitCode: 0,
    log: '',
  }
}

/** What the whole `docker inspect` shows of a container beyond Docker's defaults: an array of one. */
function inspected(one: Container): string {
  const image = { Cmd: ['serve'], Env: ['PATH=/usr/bin:/bin'] }
  const bindings = one.publish.map(({ hostIp, hostPort, containerPort }) => [
    `${containerPort}/tcp`,
    [{ HostIp: hostIp, HostPort: String(hostPort) }],
  ])
  const mounts = one.volumes.map((volume) => volume.split(':'))
  return JSON.stringify([
    {
      Id: one.id,
      Name: `/${one.name}`,
      Config: {
        ...{ ...image, Image: one.image, Labels: one.labels },
        ...{ Env: [...image.Env, ...one.env], Hostname: one.id.slice(0, 12) },
      },
      HostConfig: {
        NetworkMode: 'default',
        PortBindings: Object.fromEntries(bindings),
        AutoRemove: one.arguments.includes('--rm'),
        RestartPolicy: { Name: one.restart.split(':')[0] },
      },
      Mounts: mounts.map(([Source, Destination, mode]) => ({ Type: 'bind', Source, Destination, RW: mode !== 'ro' })),
      NetworkSettings: { Networks: { bridge: {} } },
    },
  ])
}

export function imageField(call: Call, image: Image): string {
  if (!call.args.includes('--format'))
    return JSON.stringify([{ Config: { Cmd: ['serve'], Env: ['PATH=/usr/bin:/bin'] } }])
  return field(call, { '.Id': image.id, 'json .RepoDigests': JSON.stringify(image.repoDigests) })
}

/** A program that ends by itself is started again by Docker until somebody looks: here three times. */
export function containerField(call: Call, one: Container): string {
  if (!call.args.includes('--format')) return inspected(one)
  const image = call.state.images[one.image]
  const ended = image?.health === null
  const labels = Object.entries(one.labels).map(([key, value]) => [`index .Config.Labels "${key}"`, value])
  return field(call, {
    '.State.Running': String(one.running && !ended),
    '.State.Status': one.running ? (ended ? 'restarting' : 'running') : 'exited',
    '.State.ExitCode': String(image?.exitCode ?? 0),
    // No process has a number here.
    '.State.Pid': '0',
    '.Config.Image': one.image,
    '.RestartCount': ended ? '3' : '0',
    '.Id': one.id,
    '.Image': one.image,
    '.HostConfig.NetworkMode': one.arguments[one.arguments.indexOf('--network') + 1] ?? '',
    '.HostConfig.AutoRemove': String(one.arguments.includes('--rm')),
    '.HostConfig.RestartPolicy.Name': one.restart.split(':')[0] ?? '',
    '.HostConfig.RestartPolicy.MaximumRetryCount': one.restart.split(':')[1] ?? '0',
    ...Object.fromEntries(labels),
  })
}

/** `events --filter event=die --filter container=<id>`: the exit code, for a program that ended. */
export function endings(call: Call): string {
  const id = call.args.find((word) => word.startsWith('container='))?.slice('container='.length)
  const container = call.state.containers.find((one) => one.id === id)
  const image = container && call.state.images[container.image]
  return image?.health === null ? String(image.exitCode) : ''
}

/** `inspect [--format {{…}}] <name>`; an empty line for a label that is not there. */
function field(call: Call, values: Readonly<Record<string, string>>): string {
  const [, verb, option, format = ''] = call.args
  if (verb !== 'inspect') call.notKnown()
  if (option !== '--format') return JSON.stringify(values)
  return format.replaceAll(/\{\{(.*?)\}\}/g, (_, expression: string) => values[expression] ?? call.notKnown())
}

/** `ps [-q] [--all] [--filter network=…] [--format …]`. */
export function list(call: Call): string {
  const networks = call.args.filter((word) => word.startsWith('network=')).map((word) => word.slice('network='.length))
  const shown = call.state.containers
    .filter((one) => one.running || call.args.includes('--all'))
    .filter((one) => networks.length === 0 || networks.some((network) => one.arguments.includes(network)))
  const at = call.args.indexOf('--format')
  if (at >= 0) return shown.map((one) => formatted(call, one, call.args[at + 1] ?? '')).join('\n')
  if (call.args.includes('-q')) return shown.map(({ name }) => name).join('\n')
  const row = (one: Container): string => `0123456789ab   ${one.image}   ${published(one)}   ${one.name}`
  return ['CONTAINER ID   IMAGE   PORTS   NAMES', ...shown.map(row)].join('\n')
}

function formatted(call: Call, one: Container, format: string): string {
  return format.replaceAll(/\{\{(.*?)\}\}/g, (_, expression: string) => {
    const label = /^\.Label "(.+)"$/.exec(expression)?.[1]
    if (label !== undefined) return one.labels[label] ?? ''
    if (expression === '.Names') return one.name
    if (expression === '.ID') return one.id
    if (expression === '.Status') return one.running ? 'Up 2 minutes' : 'Exited (0) 2 minutes ago'
    // Every image exposes one port more than it publishes, which comes first.
    return expression === '.Ports' ? (one.running ? `80/tcp, ${published(one)}` : '') : call.notKnown()
  })
}

const published = (one: Container): string =>
  one.publish.map(({ hostIp, hostPort, containerPort }) => `${hostIp}:${hostPort}->${containerPort}/tcp`).join(', ')

export const ports = (one: Container): string =>
  one.publish.map(({ hostIp, hostPort, containerPort }) => `${containerPort}/tcp -> ${hostIp}:${hostPort}`).join('\n')
