// A command of ./edge in this process, where the process itself is not the subject: a second less for each. One at a time.
import { Readable } from 'node:stream'
import { typedIn } from '../../cli/edge/end.ts'
import { program } from '../../cli/edge/program.ts'

export interface Typed {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

interface Surroundings {
  readonly env: Readonly<Record<string, string>>
  readonly stdin?: string
}

export async function typedHere({ env, stdin = '' }: Surroundings, ...words: readonly string[]): Promise<Typed> {
  const printed = { stdout: '', stderr: '' }
  const stream = (name: keyof typeof printed) => ({
    write(text: string) {
      printed[name] += text
    },
  })
  const undo = [
    replaced(process, 'stdin', Readable.from([stdin])),
    replaced(process, 'stdout', stream('stdout')),
    replaced(process, 'stderr', stream('stderr')),
    replaced(process, 'exitCode', undefined),
    replaced(console, 'log', (text = '') => stream('stdout').write(`${text}\n`)),
  ]
  try {
    await here({ env }, () => typedIn(program(), words))
    return { code: Number(process.exitCode ?? 0), ...printed }
  } finally {
    for (const back of undo) back()
  }
}

/** Something else that a command does, in its surroundings. */
export async function here<T>({ env }: Pick<Surroundings, 'env'>, act: () => Promise<T>): Promise<T> {
  const back = replaced(process, 'env', { ...process.env, ...env })
  try {
    return await act()
  } finally {
    back()
  }
}

function replaced(owner: object, key: string, value: unknown): () => void {
  const before = Object.getOwnPropertyDescriptor(owner, key)
  Object.defineProperty(owner, key, { value, configurable: true, enumerable: true, writable: true })
  return () => {
    if (before) Object.defineProperty(owner, key, before)
    else Reflect.deleteProperty(owner, key)
  }
}

/** The maintainer before the local cloud of a test. */
export const beside = (cloud: {
  readonly wire: { readonly url: string; secretOf(key: string): string }
  readonly world: { readonly state: { readonly region: string } }
  readonly dns: { readonly address: string; readonly port: number }
}): Readonly<Record<string, string>> => ({
  AWS_ENDPOINT_URL: cloud.wire.url,
  AWS_REGION: cloud.world.state.region,
  RESOLVERS: `${cloud.dns.address}:${cloud.dns.port}`,
  ...{ AWS_ACCESS_KEY_ID: 'local-admin', AWS_SECRET_ACCESS_KEY: cloud.wire.secretOf('local-admin') },
})
