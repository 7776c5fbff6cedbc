// A registry to put images into: Debian's docker-registry, unpacked into the cache (installed, its package would start a service on this
// machine), and the four calls of its API that a push takes (OCI distribution specification).
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { startDaemon } from '../daemon.ts'
import { registryConfig } from '../network/services.ts'
import { unpackPackage } from './packages.ts'
import type { Part } from './part.ts'

export const registryProgram: Part = {
  title: 'image registry',
  name: 'docker-registry',
  recipe: { package: 'docker-registry', unpacked: 1 },
  async build(folder) {
    await unpackPackage('docker-registry', folder)
  },
}

export const programOf = (folder: string): string => join(folder, 'usr/bin/docker-registry')

export interface Descriptor {
  readonly mediaType: string
  readonly digest: string
  readonly size: number
}

export interface Push {
  blob(repository: string, blob: Descriptor, content: () => Readable): Promise<void>
  manifest(repository: string, tag: string, manifest: { readonly mediaType: string }): Promise<void>
}

/** Serves the folder `storage` in `folder` on loopback while `work` pushes. */
export async function pushInto(program: string, folder: string, work: (push: Push) => Promise<void>): Promise<void> {
  const config = join(folder, 'registry.yml')
  await mkdir(storageOf(folder), { recursive: true })
  await writeFile(config, registryConfig(storageOf(folder), 'addr: "127.0.0.1:0"', false))
  const registry = await startDaemon({ argv: [program, 'serve', config], ready: LISTENING })
  try {
    const [, port] = LISTENING.exec(await registry.line(LISTENING)) as unknown as [string, string]
    await work(pushOver(Number(port)))
  } finally {
    await registry.stop()
    await rm(config)
  }
}

const LISTENING = /listening on 127\.0\.0\.1:(\d+)/

export const storageOf = (folder: string): string => join(folder, 'storage')

/** Where the registry keeps a blob (distribution's file system driver). */
export const blobFile = (storage: string, { digest }: Descriptor): string => {
  const [algorithm = '', hex = ''] = digest.split(':')
  return join(storage, 'docker/registry/v2/blobs', algorithm, hex.slice(0, 2), hex, 'data')
}

function pushOver(port: number): Push {
  return {
    async blob(repository, { digest, size }, content) {
      if ((await call(port, 'HEAD', `/v2/${repository}/blobs/${digest}`)).status === 200) return
      const { location } = await expect(202, call(port, 'POST', `/v2/${repository}/blobs/uploads/`, {}))
      const upload = new URL(location as string, 'http://registry')
      upload.searchParams.set('digest', digest)
      const headers = { 'content-type': 'application/octet-stream', 'content-length': size }
      await expect(201, call(port, 'PUT', `${upload.pathname}${upload.search}`, headers, content()))
    },
    async manifest(repository, tag, manifest) {
      const headers = { 'content-type': manifest.mediaType }
      await expect(201, call(port, 'PUT', `/v2/${repository}/manifests/${tag}`, headers, JSON.stringify(manifest)))
    },
  }
}

interface Answer {
  readonly status: number
  readonly location: string | undefined
  readonly text: string
}

async function call(
  port: number,
  method: string,
  path: string,
  headers: Record<string, string | number> = {},
  body?: Readable | string,
) {
  const outgoing = request({ host: '127.0.0.1', port, method, path, headers })
  const answer = new Promise<Answer>((resolve, reject) => {
    outgoing.on('error', reject)
    outgoing.on('response', (incoming) => {
      let text = ''
      incoming.setEncoding('utf8').on('data', (piece) => {
        text += piece
      })
      incoming.on('end', () => resolve({ status: incoming.statusCode ?? 0, location: incoming.headers.location, text }))
    })
  })
  if (body === undefined || typeof body === 'string') outgoing.end(body)
  else await pipeline(body, outgoing)
  return answer
}

async function expect(status: number, answer: Promise<Answer>): Promise<Answer> {
  const got = await answer
  if (got.status !== status) throw new Error(`image registry: answered ${got.status}, wanted ${status}: ${got.text}`)
  return got
}

/** Digest and size of a file, as the registry names it. */
export async function describe(path: string, mediaType: string): Promise<Descriptor> {
  const hash = createHash('sha256')
  let size = 0
  for await (const piece of createReadStream(path)) {
    hash.update(piece)
    size += piece.length
  }
  return { mediaType, digest: `sha256:${hash.digest('hex')}`, size }
}
