// docker of a rendered host: images and containers are entries in its state; nothing runs.
import { mkdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import { parseRun } from '../docker-run.ts'
import type { Container, Image } from '../state.ts'
import type { Call } from './call.ts'
import { containerField, endings, imageField, list, ports, pulledImage } from './docker-answers.ts'

type Verb = (call: Call, words: readonly string[]) => void

const VERBS: Readonly<Record<string, Verb>> = {
  version: (call) => call.end(0, 'Docker of the rendered host'),
  image: (call) => call.end(0, imageField(call, imageNamed(call, target(call)))),
  container: (call) => call.end(0, containerField(call, containerNamed(call, target(call)))),
  ps: (call) => call.end(0, list(call)),
  port: (call) => call.end(0, ports(containerNamed(call, target(call)))),
  logs: (call) => call.end(0, call.state.images[containerNamed(call, target(call)).image]?.log),
  events: (call) => call.end(0, endings(call)),
  pull,
  create: (call, words) => call.end(0, create(call, words).name),
  run: (call, words) => start(call, create(call, words)),
  start: (call) => start(call, containerNamed(call, target(call))),
  stop: (call) => update(call, target(call), (one) => ({ ...one, running: false, stoppedByHand: true })),
  rm: (call) => update(call, target(call), () => null),
  rename,
  network,
  // The columns of `-eo pid,rss`.
  top: (call, [name = '']) => call.end(0, containerNamed(call, name) && '  PID   RSS\n    1 102400'),
  update: (call, words) => update(call, words.at(-1) ?? '', (one) => ({ ...one, restart: words[1] ?? '' })),
}

export function docker(call: Call): void {
  if (call.args[0] === '--version') call.end(0, 'Docker version 0.0.0, of the rendered host')
  if (!call.state.services.docker?.active)
    call.end(1, '', 'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?')
  const [verb = '', ...words] = call.args
  const act = VERBS[verb] ?? call.notKnown()
  act(call, words)
}

const target = (call: Call): string => call.args.at(-1) ?? ''

function imageNamed(call: Call, reference: string): Image {
  return call.state.images[reference] ?? call.end(1, '', `Error: No such image: ${reference}`)
}

function containerNamed(call: Call, name: string): Container {
  const found = call.state.containers.find((one) => one.name === name || one.id === name)
  return found ?? call.end(1, '', `Error response from daemon: No such container: ${name}`)
}

function update(call: Call, name: string, change: (one: Container) => Container | null): void {
  const { name: found } = containerNamed(call, name)
  call.change((state) => {
    const containers = state.containers.map((one) => (one.name === found ? change(one) : one))
    return { ...state, containers: containers.filter((one) => one !== null) }
  })
}

// Every image can be had here, unless a fault says otherwise: what a registry would do is not exercised.
function pull(call: Call): void {
  const reference = target(call)
  if (call.state.unpullable.includes(reference))
    call.end(1, '', `Error response from daemon: manifest for ${reference} not found: manifest unknown`)
  const known = call.state.images[reference] !== undefined
  call.change((state) => ({ ...state, images: { [reference]: pulledImage(reference), ...state.images } }))
  const status = known ? 'Image is up to date' : 'Downloaded newer image'
  call.end(0, call.args.includes('--quiet') ? reference : `Status: ${status} for ${reference}`)
}

/** Docker leaves the container behind when it then cannot be started. */
function create(call: Call, words: readonly string[]): Container {
  const parsed = parseRun(words)
  refuseTakenName(call, parsed.name)
  const created = { ...parsed, publish: parsed.publish.map((one) => ({ ...one, hostPort: one.hostPort || 32768 })) }
  imageNamed(call, created.image)
  call.change((state) => ({ ...state, containers: [...state.containers, created] }))
  return created
}

function start(call: Call, wanted: Container): void {
  const { containers, listeners } = call.state
  const others = containers.filter((one) => one.running && one.name !== wanted.name).flatMap(({ publish }) => publish)
  const used = [...others.map(({ hostPort }) => hostPort), ...listeners.map(({ port }) => port)]
  const taken = wanted.publish.find(({ hostPort }) => used.includes(hostPort))
  if (taken)
    call.end(
      125,
      '',
      `docker: Error response from daemon: Bind for ${taken.hostIp}:${taken.hostPort} failed: port is already allocated.`,
    )
  update(call, wanted.name, (one) => ({ ...one, running: true, stoppedByHand: false }))
  call.end(0, wanted.name)
}

/** `create --opt com.docker.network.bridge.name=<bridge> <name>`, `rm <name>`, `inspect --format … <name>`. */
function network(call: Call, [verb, ...words]: readonly string[]): void {
  const name = words.at(-1) ?? ''
  const bridge = call.state.networks[name]
  const link = (one: string) => path.join(call.root, 'sys/class/net', one)
  if (verb === 'create') {
    if (bridge !== undefined) call.end(1, '', `Error response from daemon: network with name ${name} already exists`)
    const made = /bridge\.name=(.+)/.exec(words.join(' '))?.[1]?.split(' ')[0] ?? call.notKnown()
    call.change((state) => ({ ...state, networks: { ...state.networks, [name]: made } }))
    mkdirSync(link(made), { recursive: true })
  } else if (bridge === undefined) call.end(1, '[]', `Error: No such network: ${name}`)
  else if (verb === 'rm') {
    call.change(({ networks: { [name]: _, ...networks }, ...state }) => ({ ...state, networks }))
    rmSync(link(bridge), { recursive: true, force: true })
  } else if (verb !== 'inspect') call.notKnown()
  else call.end(0, `${bridge} false`)
}

function rename(call: Call, [from = '', to = '']: readonly string[]): void {
  refuseTakenName(call, to)
  update(call, from, (one) => ({ ...one, name: to }))
}

function refuseTakenName(call: Call, name: string): void {
  if (call.state.containers.some((one) => one.name === name))
    call.end(125, '', `Error response from daemon: Conflict. The container name "/${name}" is already in use.`)
}
