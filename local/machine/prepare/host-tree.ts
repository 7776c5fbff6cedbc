// The disk image of a host: Debian as it comes up on EC2, with nginx and Docker installed, and the few settings that a namespace asks for.
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { REGISTRY_NAME, REGISTRY_PORT } from '../network/layout.ts'
import { debianTree, SUITES, type Suite, treeRecipe } from './debian.ts'
import type { Part } from './part.ts'

const PACKAGES = [
  'systemd',
  'systemd-sysv',
  'dbus',
  'nginx',
  'docker.io',
  'iptables',
  'iproute2',
  'curl',
  'ca-certificates',
  'procps',
  'jq',
  'python3-minimal', // Every image of EC2 has Python.
]

/** From Debian 13 on the engine only recommends its command. */
const packagesOf = (suite: Suite) => (suite === 'bookworm' ? PACKAGES : [...PACKAGES, 'docker-cli'])

/** They wait for hardware or for a network of their own making, and would hold the boot in `starting`. */
const MASKED = [
  'systemd-networkd.service',
  'systemd-networkd.socket',
  'systemd-networkd-wait-online.service',
  'systemd-timesyncd.service',
  'systemd-resolved.service',
  'apt-daily.timer',
  'apt-daily-upgrade.timer',
  'e2scrub_all.timer',
  'e2scrub_reap.service',
  'fstrim.timer',
  'getty.target',
  'console-getty.service',
]

const FILES: Readonly<Record<string, string>> = {
  '/etc/docker/daemon.json': `${JSON.stringify({ 'insecure-registries': [`${REGISTRY_NAME}:${REGISTRY_PORT}`] })}\n`,
  // systemd-nspawn shows the cgroup v1 controllers read-only; runc must make its groups there. A bind remount: a plain one says busy.
  '/etc/systemd/system/docker.service.d/cgroup.conf':
    '[Service]\nExecStartPre=/bin/sh -c "for m in /sys/fs/cgroup/*/; do mount -o remount,bind,rw $$m || :; done"\n',
  '/etc/machine-id': '', // systemd writes a fresh one at each host's first boot.
}

const hostTreeOf = (suite: Suite): Part => ({
  title: `disk image of a host (Debian ${suite}, systemd, nginx, Docker)`,
  name: 'host',
  recipe: { ...treeRecipe('minbase', packagesOf(suite), suite), MASKED, FILES },
  async build(folder) {
    await debianTree(folder, 'minbase', packagesOf(suite), { suite })
    for (const unit of MASKED) await symlink('/dev/null', join(folder, 'etc/systemd/system', unit))
    for (const [path, content] of Object.entries(FILES)) {
      await mkdir(dirname(join(folder, path)), { recursive: true })
      await writeFile(join(folder, path), content)
    }
  },
})

export const hostTrees = Object.fromEntries(SUITES.map((suite) => [suite, hostTreeOf(suite)])) as Record<Suite, Part>
