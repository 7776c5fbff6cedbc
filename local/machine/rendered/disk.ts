// The disk of a rendered host: a folder laid out like a bare Debian, and a PATH that holds nothing but what is listed here.
import { chmodSync, existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { recorderText } from './recorder-program.ts'
import { blankState, machineFolder, writeState } from './state.ts'

const PROGRAMS = fileURLToPath(new URL('programs/', import.meta.url))

/** Of the system that this runs on, and harmless: everything that would touch the system itself is a recorder. */
const TOOLS =
  'awk base64 bash cat chmod cksum cmp cp cut date dirname env find flock grep gzip head ln ls mkdir mktemp mv paste python3 readlink rm rmdir sed sh sha256sum sleep sort stat sync tail timeout tr uniq wc'

const NGINX_MAIN = `worker_processes auto;
events {
    worker_connections 768;
}
http {
    include conf.d/*.conf;
    include sites-enabled/*;
}
`

/** Debian's stock site without its comments. */
const STOCK_SITE = `server {
    listen 80 default_server;
    listen [::]:80 default_server;
    root /var/www/html;
    index index.html index.htm index.nginx-debian.html;
    server_name _;
    location / {
        try_files $uri $uri/ =404;
    }
}
`

export function layOutDisk(root: string): void {
  for (const folder of [
    'etc/nginx/conf.d',
    'etc/nginx/sites-enabled',
    'var/lib',
    'var/log',
    'etc/systemd/system',
    'run',
    'tmp',
    '.machine/bin',
  ]) {
    mkdirSync(path.join(root, folder), { recursive: true })
  }
  writeFileSync(path.join(root, 'etc/os-release'), 'ID=debian\n')
  writeFileSync(path.join(root, 'etc/nginx/nginx.conf'), NGINX_MAIN)
  writeFileSync(path.join(root, 'etc/nginx/sites-enabled/default'), STOCK_SITE)
  writeState(root, blankState)
  linkTools(root)
  addPrograms(root, ['systemctl', 'apt-get', 'curl', 'ss'])
}

/** Memory file systems are empty after a power-off. */
export function emptyVolatileFolders(root: string): void {
  for (const folder of ['run', 'tmp']) {
    rmSync(path.join(root, folder), { recursive: true, force: true })
    mkdirSync(path.join(root, folder))
  }
}

function linkTools(root: string): void {
  const folders = (process.env.PATH ?? '').split(path.delimiter).concat('/usr/bin', '/bin')
  for (const tool of TOOLS.split(' ')) {
    // Python of the system: a manager of versions puts scripts into its place.
    const places = tool === 'python3' ? folders.toReversed() : folders
    const found = places.map((folder) => path.join(folder, tool)).find((file) => existsSync(file))
    if (found) symlinkSync(found, programFile(root, tool))
    else if (tool === 'flock') symlinkSync(path.join(PROGRAMS, 'flock'), programFile(root, tool))
    else throw new Error(`PATH: no ${tool} found, wanted bash with the GNU core utilities`)
  }
}

/** Puts recorders on the host's PATH. dockerd is never run: its presence says that an engine is installed. */
export function addPrograms(root: string, names: readonly string[]): void {
  for (const name of names) {
    writeFileSync(programFile(root, name), recorderText(programFile(root, 'bash'), name))
    chmodSync(programFile(root, name), 0o755)
  }
}

const programFile = (root: string, name: string): string => path.join(machineFolder(root), 'bin', name)

/** The whole environment of a program on the host: places redirected into the folder. */
export function hostEnvironment(root: string, port: number): Record<string, string> {
  return {
    PATH: path.join(machineFolder(root), 'bin'),
    EDGE_SBIN: path.join(machineFolder(root), 'bin'),
    HOME: root,
    TMPDIR: path.join(root, 'tmp'),
    RENDERED_HOST: root,
    RENDERED_PORT: String(port),
    EDGE_NGINX_DIR: path.join(root, 'etc/nginx'),
    EDGE_STATE_DIR: path.join(root, 'var/lib/ragstream-edge'),
    EDGE_RUN_DIR: path.join(root, 'run'),
    EDGE_NGINX_LOGS: path.join(root, 'var/log/nginx'),
    EDGE_LOG: path.join(root, 'var/log/ragstream-edge.log'),
    EDGE_OS_RELEASE: path.join(root, 'etc/os-release'),
    EDGE_NET_DIR: path.join(root, 'sys/class/net'),
    EDGE_PROC_DIR: path.join(root, 'proc'),
    EDGE_CGROUP_DIR: path.join(root, 'sys/fs/cgroup'),
    EDGE_UNIT_DIR: path.join(root, 'etc/systemd/system'),
    EDGE_ROOT_DIR: root,
    // All hosts share the processors of this machine.
    EDGE_LOOK_WAIT: '4',
    // Nothing listens here: whether this system has IPv6 must make no difference.
    EDGE_IF_INET6: path.join(root, 'proc/net/if_inet6'),
    EDGE_MEMINFO: path.join(root, 'proc/meminfo'),
  }
}
