// Hosts that somebody set up by hand, in many ways, and what a take-over makes of each: nothing is opened, taken from others or lost.

import { RELOAD } from '../../../local/faults/nginx.ts'
import { HEALTH_PATH, STREAM_PATH } from '../../../local/machine/app-paths.ts'
import type { Host } from '../../../local/machine/nspawn/machine.ts'
import { standInName } from '../../../local/machine/prepare/app-image.ts'
import { base64, CONTAINER, configure, NAME, remove, sh, type Values } from './bench.ts'

type Random = () => number

/** Mulberry32: the same hosts for the same seed. */
export function randomOf(seed: number): Random {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

interface HandMade {
  /** Path below /etc/nginx to text. */
  readonly files: Readonly<Record<string, string>>
  /** Words of `docker run` before the image, and behind it. */
  readonly options: readonly string[]
  readonly command: readonly string[]
  readonly values: Values
}

const ALIAS = 'www.example.com'

export function handMade(random: Random): HandMade {
  const one = <T>(choices: readonly T[]): T => choices[Math.floor(random() * choices.length)]!
  const chance = (share: number) => random() < share
  const lines: string[] = []
  const proxy = ['proxy_pass http://127.0.0.1:8501;']
  if (chance(0.4)) proxy.push('proxy_set_header Host $host;', 'proxy_set_header X-Real-IP $remote_addr;')
  if (chance(0.4))
    proxy.push(
      'proxy_http_version 1.1;',
      'proxy_set_header Upgrade $http_upgrade;',
      'proxy_set_header Connection "upgrade";',
    )
  if (chance(0.2)) proxy.push(one(['proxy_read_timeout 300;', 'proxy_read_timeout 86400;', 'proxy_buffering off;']))
  if (chance(0.08)) proxy.push('auth_basic "closed";', 'auth_basic_user_file /etc/nginx/.htpasswd;')
  if (chance(0.05)) proxy.push(one(['allow 10.0.0.0/8; deny all;', 'deny 127.0.0.0/8;']))
  const names = chance(0.85) ? [NAME] : [NAME, one([ALIAS, 'shop.example.com'])]
  lines.push(one(['listen 80;', 'listen 80;', 'listen *:80;', 'listen 80;\n    listen [::]:80;', '']))
  lines.push(`server_name ${names.join(one([' ', '\n       ']))};`)
  if (chance(0.2))
    lines.push(one(['client_max_body_size 50m;', 'client_max_body_size 1g;', 'access_log /var/log/nginx/app.log;']))
  if (chance(0.08))
    lines.push(
      one([
        'location /api/ { return 200 api; }',
        'location = /x { return 403; }',
        'error_page 502 /asleep.html;',
        'rewrite ^/old$ /new;',
      ]),
    )
  lines.push(`location / { ${proxy.join(one([' ', '\n        ', ' # "{\n        ']))} }`)
  const block = `server${one([' {', '\n{', '{'])}\n    ${lines.filter(Boolean).join(one(['\n    ', '\n\t', '  ']))}\n}\n`
  const other = 'server { listen 80; server_name other.example.com; return 200 other; }\n'
  const shared = chance(0.1)
  const place = one(['conf.d/app.conf', 'sites-enabled/app', 'conf.d/z.conf'])
  const files = {
    [place]: (chance(0.2) ? '# mine\n' : '') + block + (shared ? other : ''),
    ...(shared ? {} : { 'conf.d/other.conf': other }),
  }
  const options: string[] = ['--restart', one(['always', 'unless-stopped', 'on-failure:3', 'no'])]
  const env = chance(0.3) ? ['KEY=secret'] : []
  const volumes = chance(0.2) ? ['/srv/data:/data'] : []
  for (const text of env) options.push('-e', text)
  for (const text of volumes) options.push('-v', text)
  const more = [
    '--network host',
    '--privileged',
    '--memory 512m',
    '-v named:/x',
    '--user 0',
    '--shm-size 128m',
    '--label a=b',
    '--read-only',
    '-it',
  ]
  if (chance(0.15)) options.push(...one(more).split(' '))
  const command = chance(0.05) ? ['/usr/bin/python3', '-u', '-S', '/app/stand_in.py', HEALTH_PATH, STREAM_PATH] : []
  // The site's file says it, or does not.
  const says = chance(0.7)
  const values: Values = {
    ...{ Adopt: 'true', Aliases: names.includes(ALIAS) && says ? ALIAS : '' },
    ...{
      Env: says && env.length > 0 ? base64('KEY=secret\n') : '',
      Volumes: says && volumes.length > 0 ? base64('/srv/data:/data\n') : '',
    },
    ...{
      Memory: says && options.includes('512m') ? '512m' : '',
      ReadOnlyRoot: says && options.includes('--read-only') ? 'true' : 'false',
    },
  }
  return { files, options, command, values }
}

const ASKED = [NAME, ALIAS, 'shop.example.com', 'other.example.com', 'unknown.example.com'].flatMap((name) =>
  ['/_stcore/health', '/api/x', '/x', '/old'].map((path) => [name, path] as const),
)

/** Behind each answer. */
const END = '\x1e'

/** `<name><path>` to status and the first characters of the body. Each request has a connection of its own, as separate visitors have. */
async function table(host: Host): Promise<Record<string, string>> {
  const requests = ASKED.map(
    ([name, path]) =>
      `-s -m 60 -w ' %{http_code}${END}' -H 'Connection: close' -H 'Host: ${name}' http://127.0.0.1${path}`,
  )
  const said = (await sh(host, `curl ${requests.join(' --next ')}`)).split(END)
  return Object.fromEntries(ASKED.map(([name, path], at) => [`${name}${path}`, statusFirst(said[at] ?? '')]))
}

function statusFirst(said: string): string {
  const at = said.lastIndexOf(' ')
  return `${said.slice(at + 1)} ${said.slice(0, Math.min(at, 20)).replaceAll('\n', '')}`
}

/** Every file of nginx, and all that Docker knows of the container but what passes. */
const STATE = `find /etc/nginx ! -type d -printf '%p %M %u %l\\n' | sort; find /etc/nginx -type f -exec sha256sum {} + | sort
  docker ps -a --format '{{.Names}}' | sort; docker inspect hand | jq -c '.[0] | [.Id, .Name, .State.Running, .HostConfig.RestartPolicy, .Config.Env, (.Mounts | sort_by(.Destination))]'`

const CLEAN = `docker ps -aq | xargs -r docker rm -f >/dev/null; rm -rf /etc/nginx/conf.d/* /etc/nginx/sites-enabled/*; ln -s ../sites-available/default /etc/nginx/sites-enabled/default; mkdir -p /srv/data
  printf 'ali:%s\\n' "$(openssl passwd -apr1 secret 2>/dev/null || echo x)" >/etc/nginx/.htpasswd`

const healthy = `timeout 60 sh -c 'until curl -sf http://127.0.0.1:8501/_stcore/health; do sleep 0.1; done'`

export interface TakenOver {
  readonly adopted: boolean
  /** Why not: the last line's reason. */
  readonly reason: string
  /** What must not have happened. */
  readonly wrong: readonly string[]
}

export async function takeOver(host: Host, made: HandMade): Promise<TakenOver> {
  const { files, options, command, values } = made
  await sh(host, CLEAN)
  for (const [name, text] of Object.entries(files)) await sh(host, `cat >/etc/nginx/${name}`, text)
  const publish = options.includes('host') ? [] : ['-p', '8501:8501']
  await host.exec(['docker', 'run', '-d', '--name', 'hand', ...options, ...publish, standInName('1.4.0'), ...command])
  await sh(host, `${RELOAD} ${healthy}`)
  const [state, before] = [await sh(host, STATE), await table(host)]
  const run = await configure(host, values)
  const adopted = run.exitCode === 0
  // A container that was put back starts anew.
  if (!adopted) await sh(host, healthy)
  const after = await table(host)
  const wrong = adopted ? differences(before, after) : same(state, await sh(host, STATE), 'after a refusal')
  if (!adopted)
    wrong.push(
      ...ASKED.flatMap(([name, path]) =>
        before[name + path] === after[name + path]
          ? []
          : [`${name}${path}: ${before[name + path]} -> ${after[name + path]}`],
      ),
    )
  if (adopted) {
    for (const option of ['KEY=secret', '/srv/data']) {
      const kept = await sh(host, `docker inspect --format '{{json .Config.Env}} {{json .Mounts}}' ${CONTAINER}`)
      if (options.some((word) => word.startsWith(option)) && !kept.includes(option)) wrong.push(`${option} is lost`)
    }
    const gone = await remove(host, values)
    if (gone.exitCode !== 0) wrong.push(`the removal failed: ${gone.last}`)
    wrong.push(...same(state, await sh(host, STATE), 'after the removal'))
  }
  return { adopted, reason: /reason="([^"]*)"/.exec(run.last)?.[1] ?? run.last, wrong }
}

const isApp = (said: string): boolean => said === '200 ok' || /^200 <!/.test(said)

function differences(before: Readonly<Record<string, string>>, after: Readonly<Record<string, string>>): string[] {
  return Object.entries(before).flatMap(([asked, said]) => {
    const now = after[asked]!
    if (!isApp(said) && isApp(now)) return [`${asked}: ${said} before, and the app answers`]
    return asked.startsWith('other.') && said !== now ? [`${asked}: ${said} -> ${now}`] : []
  })
}

const same = (before: string, after: string, when: string): string[] => {
  if (before === after) return []
  const [was, is] = [before.split('\n'), after.split('\n')]
  return [
    `${when}: - ${was.filter((line) => !is.includes(line)).join(' | ')} + ${is.filter((line) => !was.includes(line)).join(' | ')}`,
  ]
}
