// A stranger holds the image's name at Docker Hub: what is on the host is never pulled over, under each of Docker's image stores. The Hub is a
// real registry that Docker asks as its mirror. HOST_SUITE=trixie has both stores.
import { readFileSync } from 'node:fs'
import type { Daemon } from '../../../local/machine/daemon.ts'
import type { Host } from '../../../local/machine/nspawn/machine.ts'
import { CONTAINER, configure, sh, type Values } from '../document/bench.ts'
import { openRoom, SUITE } from '../machine/bench.ts'
import { tinyRegistry } from './tiny-image.ts'

/** Debian 12's engine knows only the first. */
const STORES = SUITE === 'bookworm' ? ['classic'] : ['classic', 'containerd']

let room: Awaited<ReturnType<typeof openRoom>>
let registry: Daemon
let at: string

const NAMES = ['library/ragstream', 'team/app', 'seed/app']

beforeAll(async () => {
  room = await openRoom()
  const images = NAMES.map((repository) => ({ repository, tag: '1', who: 'stranger' }))
  const served = await tinyRegistry(room.cloudAddress, `${room.folder}/strangers`, images)
  registry = served.daemon
  at = `${room.cloudAddress}:${served.port}`
  // The set-up of another level may hold the lock of what is prepared.
}, 1_800_000)
afterAll(async () => {
  await room?.close()
  await registry?.stop()
})

const HERE = ['nothing', 'built', 'loaded', 'renamed', 'pulled by hand', 'pulled by a run', 'built over'] as const
type Here = (typeof HERE)[number]
/** Whether the registry is asked, and whose image is live afterwards. */
type Outcome = 'asked, stranger' | 'asked, here' | 'not asked, here' | 'not asked, stranger' | 'failed'

/** Whose image each is before the run. */
const WHOSE: Readonly<Partial<Record<Here, string>>> = { renamed: 'stranger', 'pulled by hand': 'stranger' }
const CELLS = { pulled: 'asked, stranger', 'asked in vain, stays': 'asked, stranger', fails: 'failed' } as const

/** A column of the table that docs/security.md shows to people. */
function column(of: string): Readonly<Record<Here, Outcome>> {
  const [, table = ''] = /<!-- images -->\n([\s\S]*?)<!-- end of images -->/.exec(
    readFileSync('docs/security.md', 'utf8'),
  )!
  const [titles = [], , ...rows] = table.split('\n').map((line) => line.split('|').map((cell) => cell.trim()))
  const at = titles.indexOf(of)
  const read = (here: Here): Outcome => {
    const cell = rows.find((cells) => cells[1] === here)?.[at]
    if (cell === 'stays') return `not asked, ${WHOSE[here] ?? 'here'}` as Outcome
    return CELLS[cell as keyof typeof CELLS]
  }
  return Object.fromEntries(HERE.map((here) => [here, read(here)])) as Record<Here, Outcome>
}

const AT_THE_HUB = column('name without a registry address')
/** The registry is the one that the site names. The containerd store gives a digest of it to what was built here, too. */
const HOSTED = (store: string) => column(`name with a registry address, ${store} store`)
/** The same as the first without a registry in reach. */
const AWAY = column('name without a registry address, no registry in reach')

describe.each(STORES)('%s image store', (store) => {
  let host: Host
  beforeAll(async () => {
    host = await room.machine(`i-${store}`, { privateIp: store === 'classic' ? '172.31.4.90' : '172.31.4.91' })
    await host.boot()
    const daemon = {
      'insecure-registries': [at],
      'registry-mirrors': [`http://${at}`],
      ...(store === 'containerd' && { features: { 'containerd-snapshotter': true } }),
    }
    // Nobody is at Docker Hub itself. containerd's overlays cannot lie on the machine's own. Each pull is recorded.
    await sh(
      host,
      `echo '127.0.0.1 docker.io registry-1.docker.io' >>/etc/hosts; cat >/etc/docker/daemon.json
      mkdir -p /etc/containerd; printf 'version = 2\\nroot = "/var/lib/docker/of-containerd"\\n' >/etc/containerd/config.toml
      systemctl stop docker; systemctl restart containerd; systemctl start docker
      printf '#!/bin/sh\\ncase $1 in pull) echo "$*" >>/root/pulls ;; esac\\nexec /usr/bin/docker "$@"\\n' >/usr/local/bin/docker
      chmod 755 /usr/local/bin/docker`,
      JSON.stringify(daemon),
    )
  })
  afterAll(() => host?.destroy())

  const prepare = async (name: string, here: Here) => {
    const built = `docker create --name seed ${at}/seed/app:1; docker commit -c 'LABEL who=here' seed ${name}; docker rm seed`
    const to: Readonly<Record<Here, string>> = {
      nothing: ':',
      built,
      loaded: `${built}; docker save -o /root/saved ${name}; docker rmi ${name}; docker load -i /root/saved`,
      renamed: `docker tag ${at}/seed/app:1 ${name}`,
      'pulled by hand': `docker pull ${name}`,
      'pulled by a run': ':',
      'built over': ':',
    }
    await sh(
      host,
      `docker rm -f ${CONTAINER}; docker rmi -f $(docker images -q); rm -f /var/lib/ragstream-edge/pulled
      docker pull ${at}/seed/app:1; ${to[here]}`,
    )
    if (here === 'pulled by a run' || here === 'built over') await configure(host, { Image: name })
    if (here === 'built over') await sh(host, built)
    await sh(host, 'rm -f /root/pulls')
  }

  const outcome = async (values: Values): Promise<Outcome> => {
    const run = await configure(host, values)
    if (run.exitCode !== 0) return 'failed'
    const asked = (await sh(host, 'cat /root/pulls')) === '' ? 'not asked' : 'asked'
    const who = await sh(host, `docker inspect --format '{{.Config.Labels.who}}' ${CONTAINER}`)
    return `${asked}, ${who.trim()}` as Outcome
  }

  /** What becomes of it, by what is here; `away`: no registry is in reach of the run. */
  const table = async (Image: string, { away = false, values = {} as Values, rows = HERE as readonly Here[] } = {}) => {
    const found: Partial<Record<Here, Outcome>> = {}
    const reach = (flag: string) => sh(host, `iptables -w ${flag} OUTPUT -p tcp -d ${room.cloudAddress} -j REJECT`)
    for (const here of rows) {
      await prepare(Image, here)
      if (away) await reach('-I')
      found[here] = await outcome({ Image, ...values })
      if (away) await reach('-D')
    }
    return found
  }

  test('a name without a registry address: only what is not here is pulled, and what a run of ours pulled', async () => {
    expect(await table('team/app:1')).toEqual(AT_THE_HUB)
  })

  test('a name with a registry address: that registry is asked', async () => {
    expect(await table(`${at}/team/app:1`)).toEqual(HOSTED(store))
  })

  test('no registry in reach: what is here is used', async () => {
    expect(await table('team/app:1', { away: true })).toEqual(AWAY)
  })

  // The image that is here stays where its registry was asked in vain.
  const inVain = (here: Here): Outcome => {
    if (here === 'nothing') return 'failed'
    const reached = HOSTED(store)[here]
    if (!reached.startsWith('asked')) return reached
    return here === 'pulled by a run' || WHOSE[here] ? 'asked, stranger' : 'asked, here'
  }
  test('a name with a registry address that is not in reach: what is here is used', async () => {
    const expected = Object.fromEntries(HERE.map((here) => [here, inVain(here)]))
    expect(await table(`${at}/team/app:1`, { away: true })).toEqual(expected)
  })

  test.each(['ragstream:1', 'docker.io/team/app:1'])('%s is at Docker Hub, too', async (name) => {
    expect(await table(name)).toEqual(AT_THE_HUB)
  })

  test('never and always', async () => {
    const two: readonly Here[] = ['nothing', 'built']
    const never = { nothing: 'failed', built: 'not asked, here' }
    expect(await table('team/app:1', { values: { Pull: 'never' }, rows: two })).toEqual(never)
    const always = { nothing: 'asked, stranger', built: 'asked, stranger' }
    expect(await table('team/app:1', { values: { Pull: 'always' }, rows: two })).toEqual(always)
  })
})
