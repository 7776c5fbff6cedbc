// Whether this machine can carry a real host, and if not, why, in words for the person who reads the run.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, statfsSync } from 'node:fs'
import { platform } from 'node:os'
import { dirname } from 'node:path'
import { cacheFolder } from '../paths.ts'

export type Availability =
  | { readonly ok: true; readonly distribution: 'debian' | 'ubuntu' }
  | { readonly ok: false; readonly reason: string }

export function nspawnAvailable(): Availability {
  const no = (reason: string): Availability => ({ ok: false, reason })
  if (platform() !== 'linux') return no(`found ${platform()}, wanted Linux (Debian or Ubuntu)`)
  const distribution = /^ID=("?)(\w+)\1$/m.exec(osRelease())?.[2]
  if (distribution !== 'debian' && distribution !== 'ubuntu')
    return no(`found ${distribution ?? 'an unnamed Linux'}, wanted Debian or Ubuntu`)
  if (process.getuid?.() !== 0) return no(`found user ${process.getuid?.()}, wanted root`)
  // A container of its own kind is often root without the right to any of this.
  const trial = spawnSync('unshare', ['--net', '--mount', '--pid', '--fork', 'mount', '-t', 'tmpfs', 'none', '/mnt'], {
    encoding: 'utf8',
  })
  if (trial.status !== 0)
    return no(
      `found no right to make namespaces and mounts (${trial.stderr?.trim() || trial.error?.message}), wanted it`,
    )
  // The hosts' disks are overlays, and the kernel stacks none on an overlay: in a container the cache must be a volume.
  if (statfsSync(existing(cacheFolder())).type === OVERLAYFS)
    return no(`found the cache folder ${cacheFolder()} on overlayfs, wanted a disk (set XDG_CACHE_HOME)`)
  return { ok: true, distribution }
}

const OVERLAYFS = 0x794c7630

const existing = (path: string): string => (existsSync(path) ? path : existing(dirname(path)))

function osRelease(): string {
  try {
    return readFileSync('/etc/os-release', 'utf8')
  } catch {
    return ''
  }
}
