// The Debian packages that the real machine needs, and how the missing ones come to be there.
import { accessSync, constants, existsSync, readdirSync } from 'node:fs'
import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { stdin, stdout } from 'node:process'
import { createInterface } from 'node:readline/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { run } from '../command.ts'

/** Package, and the file by which it is known to be there. A bare name is looked up on the path of root. */
const NEEDED: readonly (readonly [packageName: string, evidence: string])[] = [
  ['iproute2', 'ip'],
  ['nftables', 'nft'],
  ['conntrack', 'conntrack'],
  ['tcpdump', 'tcpdump'],
  ['dnsmasq-base', 'dnsmasq'],
  ['procps', 'sysctl'],
  ['openssl', 'openssl'],
  ['systemd-container', 'systemd-nspawn'],
  ['mmdebstrap', 'mmdebstrap'],
  ['debian-archive-keyring', '/usr/share/keyrings/debian-archive-keyring.gpg'],
  ['python3-pip', '/usr/bin/pip3'],
  ['pebble', 'pebble'],
  ['libnss3-tools', 'certutil'],
]

/** Chromium without windows. It needs a third of Chromium's CPU time. */
export const BROWSER_PROGRAM = '/usr/bin/chromium-headless-shell'
/** Ubuntu has no such package, and its Chromium is a snap, which does not start in a network namespace: there nobody visits the page. */
const BROWSER = ['chromium-headless-shell', BROWSER_PROGRAM] as const

const PATH = ['/usr/sbin', '/usr/bin', '/sbin', '/bin', '/usr/local/sbin', '/usr/local/bin']

export function missingPackages(distribution: string): string[] {
  const needed = distribution === 'debian' ? [...NEEDED, BROWSER] : NEEDED
  return needed.filter(([, evidence]) => !present(evidence)).map(([name]) => name)
}

function present(evidence: string): boolean {
  const candidates = evidence.startsWith('/') ? [evidence] : PATH.map((folder) => `${folder}/${evidence}`)
  return candidates.some((path) => {
    try {
      accessSync(path, constants.R_OK)
      return true
    } catch {
      return false
    }
  })
}

export interface Consent {
  /** True: install without asking. */
  readonly yes?: boolean
}

/** Whether somebody says yes or can be asked: a program installs nothing by itself. A job in CI said yes by running it. */
export const canBeAgreed = ({ yes }: Consent): boolean =>
  yes === true || process.env.CI === 'true' || (stdin.isTTY === true && stdout.isTTY === true)

/** Asks once on a terminal. Throws with the command to type when the answer is no, or nobody can be asked. */
export async function installPackages(
  missing: readonly string[],
  consent: Consent,
  onProgress: (text: string) => void,
) {
  if (missing.length === 0) return
  const isAgreed = canBeAgreed(consent) && (consent.yes || process.env.CI === 'true' || (await agreed(missing)))
  const command = installCommand(missing)
  if (!isAgreed) throw new Error(`Debian packages: found no ${missing.join(', ')}, wanted them installed: ${command}`)
  const env = { DEBIAN_FRONTEND: 'noninteractive' }
  const wait = ['-o', 'DPkg::Lock::Timeout=300']
  if (listsAreMissing()) {
    onProgress('apt-get update')
    await updateLists(env)
  }
  onProgress(`installing ${missing.join(', ')}`)
  const install = ['apt-get', ...wait, 'install', '-y', '--no-install-recommends', ...missing]
  await run(install, { env }).catch(async () => {
    // Lists that are older than the mirror name files that are no longer there.
    onProgress('apt-get update, and once more')
    await updateLists(env)
    await run(install, { env })
  })
}

/** Unpacks a package of Debian into a folder; it is not installed. */
export async function unpackPackage(name: string, folder: string): Promise<void> {
  const aside = join(folder, 'deb')
  await mkdir(aside, { recursive: true })
  const download = ['apt-get', 'download', name]
  await run(download, { cwd: aside }).catch(async () => {
    // Lists that are older than the mirror name files that are no longer there.
    await updateLists({})
    await run(download, { cwd: aside })
  })
  const [file = ''] = (await readdir(aside)).filter((one) => one.endsWith('.deb'))
  await run(['dpkg-deb', '--extract', join(aside, file), folder])
  await rm(aside, { recursive: true })
}

/** apt waits for the lock of its packages by itself, and not for that of its lists, which a machine that has just started may hold. */
async function updateLists(env: Readonly<Record<string, string>>): Promise<void> {
  for (let tries = 1; ; tries++)
    try {
      await run(['apt-get', 'update'], { env })
      return
    } catch (error) {
      if (tries === 60 || !String(error).includes('Could not get lock')) throw error
      await delay(5_000)
    }
}

export const installCommand = (missing: readonly string[]): string =>
  `apt-get install --no-install-recommends ${missing.join(' ')}`

async function agreed(missing: readonly string[]): Promise<boolean> {
  const prompt = createInterface({ input: stdin, output: stdout })
  const answer = await prompt.question(
    `These Debian packages are missing: ${missing.join(', ')}\nInstall them now? [y/N] `,
  )
  prompt.close()
  return /^y(es)?$/i.test(answer.trim())
}

const listsAreMissing = () =>
  !existsSync('/var/lib/apt/lists') ||
  !readdirSync('/var/lib/apt/lists').some((name) => name.endsWith('Packages') || name.endsWith('Packages.lz4'))
