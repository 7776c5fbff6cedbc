// Reads the words of `docker run` and `docker create` as Docker's own command line would.
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import type { Container, Publish } from './state.ts'

const one = { type: 'string' } as const
const many = { type: 'string', multiple: true, default: [] as string[] } as const

/** Throws for an option that it does not know: a rendered host must not pass over what a real one would do. */
export function parseRun(words: readonly string[]): Container {
  const { values, positionals } = parseArgs({
    args: [...words],
    allowPositionals: true,
    options: {
      detach: { type: 'boolean' },
      'read-only': { type: 'boolean' },
      pull: one,
      name: one,
      restart: one,
      memory: one,
      network: one,
      'pids-limit': one,
      'env-file': one,
      'log-driver': one,
      publish: many,
      label: many,
      volume: many,
      tmpfs: many,
      'log-opt': many,
      'security-opt': many,
      'cap-drop': many,
      'add-host': many,
    },
  })
  const [image, ...command] = positionals
  if (image === undefined || command.length > 0 || values.name === undefined)
    throw new Error('docker run: wanted --name and one image')
  return {
    id: randomBytes(6).toString('hex'),
    name: values.name,
    image,
    publish: values.publish.map(parsePublish),
    labels: Object.fromEntries(values.label.map(splitOnce)),
    env: values['env-file'] === undefined ? [] : readFileSync(values['env-file'], 'utf8').split('\n').filter(Boolean),
    volumes: values.volume,
    restart: values.restart ?? 'no',
    arguments: words,
    running: false,
    stoppedByHand: true,
  }
}

/** `[ip:]hostPort:containerPort`; without an address Docker publishes on all of them, without a port it chooses one. */
function parsePublish(text: string): Publish {
  const match = /^(?:(\d+\.\d+\.\d+\.\d+):)?(\d*):(\d+)$/.exec(text)
  if (!match) throw new Error(`docker: invalid publish: ${text}`)
  return { hostIp: match[1] ?? '0.0.0.0', hostPort: Number(match[2]), containerPort: Number(match[3]) }
}

function splitOnce(text: string): [string, string] {
  const at = text.indexOf('=')
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)]
}
