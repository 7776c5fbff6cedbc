// When a registry is asked for an image, by `pull`: never over an image that is here and that a stranger's could replace.
import { base64, copyForEach, type Values } from './host.ts'

const on = copyForEach()

const HUB = 'team/app:1'
const HOSTED = 'registry.example.com:5000/team/app:1'
const BUILT = { id: 'sha256:built', repoDigests: [] }
/** Docker's containerd store gives every image a digest of its own name. */
const BUILT_THERE = (name: string) => ({ id: 'sha256:built', repoDigests: [`${name}@sha256:built`] })
const RENAMED = { id: 'sha256:renamed', repoDigests: ['other/thing@sha256:renamed'] }

interface Row {
  readonly name: string
  readonly here: ReturnType<typeof BUILT_THERE> | 'nothing' | 'pulled by a run'
  readonly asked: boolean
  readonly pull?: Values['Pull']
}
const rows: readonly Row[] = [
  { name: HUB, here: 'nothing', asked: true },
  { name: HUB, here: BUILT, asked: false },
  { name: HUB, here: BUILT_THERE('team/app'), asked: false },
  { name: HUB, here: RENAMED, asked: false },
  { name: HUB, here: 'pulled by a run', asked: true },
  { name: HUB, here: 'pulled by a run', asked: false, pull: 'never' },
  { name: HUB, here: BUILT, asked: true, pull: 'always' },
  { name: 'app', here: BUILT_THERE('app'), asked: false },
  { name: 'docker.io/team/app:1', here: BUILT_THERE('team/app'), asked: false },
  { name: HOSTED, here: 'nothing', asked: true },
  { name: HOSTED, here: BUILT, asked: false },
  { name: HOSTED, here: RENAMED, asked: false },
  { name: HOSTED, here: BUILT_THERE('registry.example.com:5000/team/app'), asked: true },
  { name: HOSTED, here: BUILT_THERE('registry.example.com:5000/team/application'), asked: false },
  { name: 'localhost/app:1', here: BUILT_THERE('localhost/app'), asked: true },
  { name: `${HOSTED}@sha256:${'a'.repeat(64)}`, here: BUILT, asked: false, pull: 'always' },
]

test.each(rows)('$name, here: $here, pull: $pull: asked $asked', async ({ name, here, asked, pull = 'auto' }) => {
  if (here === 'pulled by a run') await on.host.configure({ Image: name })
  else if (here !== 'nothing') on.host.image(name, here)
  on.host.calls()
  const run = await on.host.configure({ Image: name, Pull: pull })
  expect(run.results.done).toMatch(/changed/)
  const pulls = on.host.calls().filter((call) => call.startsWith('docker pull'))
  expect(pulls.length > 0).toBe(asked)
  const said = run.lines.find((line) => line.startsWith('step=image ')) ?? ''
  const silent = asked || pull !== 'auto'
  expect(said.includes('reason="no registry is asked: no run here pulled this image"')).toBe(!silent)
})

test('an image that was built over one that a run pulled is not pulled over', async () => {
  await on.host.configure({ Image: HUB })
  on.host.image(HUB, BUILT_THERE('team/app'))
  on.host.calls()
  await on.host.configure({ Image: HUB })
  expect(on.host.calls().filter((call) => call.startsWith('docker pull'))).toEqual([])
})

test('never: an image that is not here fails the run, and nothing is pulled', async () => {
  on.host.calls()
  const run = await on.host.configure({ Image: HUB, Pull: 'never' })
  expect(run.last).toBe(
    `step=image result=failed reason="image ${HUB} is not on this host, and the site says pull: never" hint="build or load it here, or let it be pulled"`,
  )
  expect(on.host.calls().filter((call) => call.startsWith('docker pull'))).toEqual([])
})

test('what was pulled is remembered once, for the host and not for the site, and a hundred of them', async () => {
  on.host.write('var/lib/ragstream-edge/pulled', 'sha256:old old:1\n'.repeat(150))
  await on.host.configure({ Image: HUB })
  await on.host.configure({ Image: HUB })
  const lines = on.host.file('var/lib/ragstream-edge/pulled').trimEnd().split('\n')
  expect(lines).toHaveLength(100)
  expect(lines.filter((line) => line.endsWith(` ${HUB}`))).toEqual([expect.stringMatching(/^sha256:[0-9a-f]{64} /)])
  expect(lines.at(-1)).toMatch(/ team\/app:1$/)
})

test('the pull that a failed run left behind writes nothing into the files of the next one', async () => {
  const id = async (values: Values) =>
    /id=(\S+)/.exec((await on.host.configure(values)).lines.find((line) => line.startsWith('step=image '))!)?.[1]
  const own = await id({})
  on.host.image('ragstream:2', {})
  on.host.fake(
    'docker',
    (real) => `case "$*" in
      "image inspect "*ragstream:2) until [ -e "$HOME/go" ]; do sleep 0.05; done ;;
      "image inspect "*) : >"$HOME/go" ;;
    esac; exec ${real} "$@"`,
  )
  const failed = await on.host.configure({ Image: 'ragstream:2', Env: base64('no line of a variable\n') })
  expect(failed.last).toMatch(/^step=container-files result=failed /)
  expect(await id({ ReadTimeout: '2h' })).toBe(own)
})
