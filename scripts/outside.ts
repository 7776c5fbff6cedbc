// What the level `outside` needs of the machine: a namespace, a few Debian packages, and ministack from PyPI. What can be installed is.
import { execFile, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { installPackages } from '../local/machine/prepare/packages.ts'
import { pypiTool } from './pypi.ts'

/** Pinned: the additions reach into its private functions. */
export const ministack = (): string => pypiTool('ministack', '1.5.33')

const root = process.getuid?.() === 0

/** A network of one's own; who is not root becomes it there. */
export const UNSHARE = ['unshare', '--net', ...(root ? [] : ['--user', '--map-root-user'])] as const

/** Debian's package, and a call that succeeds where it is. */
const NEEDED: readonly (readonly [packageName: string, ...call: string[]])[] = [
  ['iproute2', 'ip', '-V'],
  ['nftables', 'nft', '-v'],
  ['python3-venv', 'python3', '-c', 'import ensurepip'],
]

const works = ([command = '', ...words]: readonly string[]): boolean =>
  spawnSync(command, words, { env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` } }).status === 0

/** @returns why the level cannot run here; undefined where it can */
export async function setUpOutside(onProgress: (text: string) => void): Promise<string | undefined> {
  if (process.platform !== 'linux') return `found ${process.platform}, wanted Linux`
  try {
    const missing = NEEDED.filter(([, ...call]) => !works(call)).map(([name]) => name)
    if (missing.length > 0 && root) await installPackages(missing, { yes: true }, onProgress)
    else if (missing.length > 0)
      return `found no ${missing.join(', ')}, wanted them: apt-get install ${missing.join(' ')}`
    if (!works([...UNSHARE, 'nft', 'list', 'ruleset'])) return 'found no right to make a network namespace, wanted it'
    // pip takes a minute. The runner must not stand still as long.
    const installing = promisify(execFile)(process.execPath, [
      '--no-warnings',
      join(import.meta.dirname, 'ministack.ts'),
    ])
    installing.child.stdout?.pipe(process.stdout)
    return await installing.then(
      () => undefined,
      ({ stderr }) => stderr.trim(),
    )
  } catch (error) {
    return (error as Error).message
  }
}
