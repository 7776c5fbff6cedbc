// The two heavy layers of the app's image: Debian with Python, and Streamlit from its wheels. No engine builds them: a layer is a tar file,
// an image is a JSON document that lists layers. They are left uncompressed, a pull over a virtual link is bound by unpacking.
import { createReadStream, readFileSync } from 'node:fs'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { HEALTH_PATH, STREAM_PATH } from '../app-paths.ts'
import { CONTAINED, run } from '../command.ts'
import { debianTree, treeRecipe } from './debian.ts'
import { type Part, partFolder } from './part.ts'
import { type Descriptor, describe, programOf, pushInto, registryProgram } from './registry.ts'

export const REPOSITORY = 'ragstream'
export const LAYER_TYPE = 'application/vnd.docker.image.rootfs.diff.tar'

const PYTHON = { version: '3.11', packages: '/usr/local/lib/python3.11/dist-packages' }
const PACKAGES = ['python3', 'libstdc++6', 'libgomp1', 'dash', 'coreutils', 'tzdata', 'ca-certificates']
const STREAMLIT = 'streamlit>=1.57,<2'
const WARM = readFileSync(join(import.meta.dirname, 'warm.py'), 'utf8')

/** How the app is started. The script comes last. */
export const streamlit = (script: string): string[] => [
  ...['/usr/bin/python3', '-m', 'streamlit', 'run'],
  ...['--server.address=0.0.0.0', '--server.port=8501', '--server.headless=true', '--browser.gatherUsageStats=false'],
  // With its greeting it first asks the Internet for its own address, and serves nothing until that question times out.
  ...['--logger.hideWelcomeMessage=true', script],
]

export const layerList = (folder: string): string => join(folder, 'layers.json')

/** Needs the part `registryProgram` in the same cache. */
export const appLayers: Part = {
  title: 'layers of the app image (Debian, Python, Streamlit)',
  name: 'layers',
  recipe: { ...treeRecipe('extract', PACKAGES), PYTHON, STREAMLIT, WARM, started: streamlit(''), LAYER_TYPE },
  async build(folder) {
    const tree = join(folder, 'tree')
    const wheels = join(folder, 'wheels')
    await Promise.all([debianTree(tree, 'extract', PACKAGES), installWheels(wheels)])
    await accounts(tree)
    await joinAndWarm(tree, wheels)
    const separate = join(tree, PYTHON.packages)
    const layers = await Promise.all([
      layer(join(folder, 'debian.tar'), tree, ['--exclude', `.${PYTHON.packages}/*`, '--exclude', './dev/*', '.']),
      layer(join(folder, 'streamlit.tar'), tree, [`.${PYTHON.packages}`]),
      readFile(join(separate, 'streamlit/__init__.py')), // Fails here and not in a container when the wheels are not where they belong.
    ])
    await push(folder, [layers[0], layers[1]])
    await Promise.all([tree, wheels].map((path) => rm(path, { recursive: true, force: true })))
  },
}

interface Layer {
  readonly path: string
  readonly descriptor: Descriptor
}

async function installWheels(target: string): Promise<void> {
  // Debian's own pip, whatever Python comes first on the path; wheels for the image's Python, not for this machine's.
  const pip = [
    '/usr/bin/python3',
    '-m',
    'pip',
    'install',
    '--quiet',
    '--no-compile',
    '--disable-pip-version-check',
    '--retries',
    '10',
    '--timeout',
    '60',
  ]
  const python = ['--only-binary=:all:', '--implementation', 'cp', '--python-version', PYTHON.version]
  await run([...CONTAINED, ...pip, ...python, '--target', target, STREAMLIT])
  await run([
    'find',
    target,
    '-type',
    'd',
    '(',
    '-name',
    'tests',
    '-o',
    '-name',
    'include',
    ')',
    '-prune',
    '-exec',
    'rm',
    '-r',
    '{}',
    '+',
  ])
}

/** Nothing is configured in an unpacked tree: the accounts are ours to write. */
async function accounts(tree: string): Promise<void> {
  await writeFile(join(tree, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\napp:x:1000:1000::/tmp:/bin/sh\n')
  await writeFile(join(tree, 'etc/group'), 'root:x:0:\napp:x:1000:\n')
  await writeFile(join(tree, 'etc/nsswitch.conf'), 'passwd: files\ngroup: files\nhosts: files dns\n')
}

async function joinAndWarm(tree: string, wheels: string): Promise<void> {
  const target = join(tree, PYTHON.packages)
  await mkdir(target, { recursive: true })
  await run([...CONTAINED, 'cp', '-a', '--link', `${wheels}/.`, target])
  const words = [HEALTH_PATH, STREAM_PATH, ...streamlit('/tmp/warm.py')]
  await run([
    // Nobody else has its port there.
    ...[...CONTAINED, 'unshare', '--net', 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh', 'chroot', tree],
    ...[
      '/usr/bin/env',
      '-i',
      'HOME=/tmp',
      'LANG=C.UTF-8',
      'PATH=/usr/bin:/bin',
      '/usr/bin/python3',
      '-c',
      WARM,
      ...words,
    ],
  ])
  await rm(join(tree, 'tmp/warm.py'))
}

async function layer(path: string, tree: string, what: readonly string[]): Promise<Layer> {
  await run([...CONTAINED, 'tar', '--numeric-owner', '--owner=0', '--group=0', '-C', tree, '-cf', path, ...what])
  return { path, descriptor: await describe(path, LAYER_TYPE) }
}

async function push(folder: string, layers: readonly Layer[]): Promise<void> {
  const program = programOf(partFolder(join(folder, '..'), registryProgram))
  await pushInto(program, folder, async (registry) => {
    for (const { path, descriptor } of layers) await registry.blob(REPOSITORY, descriptor, () => createReadStream(path))
  })
  await writeFile(layerList(folder), JSON.stringify(layers.map(({ descriptor }) => descriptor)))
  await Promise.all(layers.map(({ path }) => rm(path)))
}
