// docker of a rendered host: images and containers are entries in its state; nothing runs.
import { createHash } from 'node:crypto'
import { parseRun } from '../docker-run.ts'
import { type Container, changeState, type Image, readState } from '../state.ts'
import { beginCall, endCall, notKnown } from './call.ts'

const { root, args } = beginCall('docker')
const state = readState(root)
if (!state.services.docker?.active)
  endCall(1, '', 'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?')

const [verb = '', ...words] = args
const last = args.at(-1) ?? ''
switch (verb) {
  case 'version':
    endCall(0, 'Docker of the rendered host')
    break
  case 'image':
    endCall(0, imageField(words))
    break
  case 'container':
    endCall(0, containerField(words))
    break
  case 'pull':
    pull(last)
    break
  case 'ps':
    endCall(0, list(words))
    break
  case 'port':
    endCall(
      0,
      container(last)
        .publish.map((one) => `${one.containerPort}/tcp -> ${one.hostIp}:${one.hostPort}`)
        .join('\n'),
    )
    break
  case 'logs':
    endCall(0, state.images[container(last).image]?.log ?? '')
    break
  case 'run':
    run(words)
    break
  case 'start':
    start(container(last))
    break
  case 'stop':
    update(container(last).name, (one) => ({ ...one, running: false, stoppedByHand: true }))
    break
  case 'rename':
    rename(words[0] ?? '', last)
    break
  case 'rm':
    update(container(last).name, () => null)
    break
  default:
    notKnown('docker', args)
}

function container(name: string): Container {
  return (
    state.containers.find((one) => one.name === name) ??
    endCall(1, '', `Error response from daemon: No such container: ${name}`)
  )
}

function update(name: string, change: (one: Container) => Container | null): void {
  changeState(root, (now) => ({
    ...now,
    containers: now.containers.map((one) => (one.name === name ? change(one) : one)).filter((one) => one !== null),
  }))
}

function imageField(given: readonly string[]): string {
  const image = state.images[given.at(-1) ?? ''] ?? endCall(1, '', `Error: No such image: ${given.at(-1)}`)
  return field(given, { '.Id': image.id, 'len .RepoDigests': String(image.repoDigests.length) })
}

function containerField(given: readonly string[]): string {
  const one = container(given.at(-1) ?? '')
  const image = state.images[one.image]
  const ended = image?.health === null
  const labels = Object.entries(one.labels).map(([key, value]) => [`index .Config.Labels "${key}"`, value])
  return field(given, {
    '.State.Running': String(one.running && !ended),
    '.State.ExitCode': String(ended ? image.exitCode : 0),
    '.RestartCount': ended ? '3' : '0',
    ...Object.fromEntries(labels),
  })
}

/** `inspect [--format {{…}}] <name>`; Docker prints an empty line for a label that is not there. */
function field(given: readonly string[], values: Readonly<Record<string, string>>): string {
  const format = given.includes('--format') ? given[given.indexOf('--format') + 1] : undefined
  if (given[0] !== 'inspect') notKnown('docker', args)
  if (format === undefined) return JSON.stringify(values)
  const expression = /^\{\{(.*)\}\}$/.exec(format)?.[1] ?? ''
  return values[expression] ?? (expression.startsWith('index .Config.Labels ') ? '' : notKnown('docker', args))
}

// Every image can be had here, unless a fault says otherwise: what a registry would do is not exercised.
function pull(reference: string): void {
  if (state.unpullable.includes(reference))
    endCall(1, '', `Error response from daemon: manifest for ${reference} not found: manifest unknown`)
  const id = `sha256:${createHash('sha256').update(reference).digest('hex')}`
  const image: Image = { id, repoDigests: [`${reference}@${id}`], listens: 8501, health: 'ok', exitCode: 0, log: '' }
  changeState(root, (now) => ({ ...now, images: { [reference]: image, ...now.images } }))
  endCall(0, reference)
}

function list(given: readonly string[]): string {
  const label = /^label=(.+?)=(.+)$/.exec(given[given.indexOf('--filter') + 1] ?? '')
  const running = state.containers.filter((one) => one.running && (!label || one.labels[label[1]!] === label[2]))
  if (given.includes('-q')) return running.map(({ name }) => name).join('\n')
  const ports = (one: Container) =>
    one.publish.map((p) => `${p.hostIp}:${p.hostPort}->${p.containerPort}/tcp`).join(', ')
  return [
    'CONTAINER ID   IMAGE   PORTS   NAMES',
    ...running.map((one) => `0123456789ab   ${one.image}   ${ports(one)}   ${one.name}`),
  ].join('\n')
}

function run(given: readonly string[]): void {
  const created = parseRun(given)
  if (state.containers.some(({ name }) => name === created.name))
    endCall(
      125,
      '',
      `docker: Error response from daemon: Conflict. The container name "/${created.name}" is already in use.`,
    )
  if (!state.images[created.image]) endCall(125, '', `docker: Error: No such image: ${created.image}`)
  changeState(root, (now) => ({ ...now, containers: [...now.containers, { ...created, running: false }] }))
  start(created)
}

function start(one: Container): void {
  const taken = portsInUse(one)
  if (taken !== undefined)
    endCall(125, '', `docker: Error response from daemon: Bind for ${taken} failed: port is already allocated.`)
  update(one.name, (now) => ({ ...now, running: true, stoppedByHand: false }))
  endCall(0, one.name)
}

function portsInUse(wanted: Container): string | undefined {
  const others = state.containers
    .filter((one) => one.running && one.name !== wanted.name)
    .flatMap(({ publish }) => publish)
  const used = [...others.map(({ hostPort }) => hostPort), ...state.listeners.map(({ port }) => port)]
  const clash = wanted.publish.find(({ hostPort }) => used.includes(hostPort))
  return clash && `${clash.hostIp}:${clash.hostPort}`
}

function rename(from: string, to: string): void {
  if (state.containers.some(({ name }) => name === to))
    endCall(1, '', `Error response from daemon: Conflict. The container name "/${to}" is already in use.`)
  update(container(from).name, (one) => ({ ...one, name: to }))
}
