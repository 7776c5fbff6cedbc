// Debian trees with mmdebstrap, without what nobody reads on a bench.
import { CONTAINED, run } from '../command.ts'

/** Debian 12 and 13. The app's image and, unless a run says otherwise, its hosts are of the first. */
export const SUITES = ['bookworm', 'trixie'] as const
export type Suite = (typeof SUITES)[number]
export const DEFAULT_SUITE: Suite = SUITES[0]

const LEAN = [
  '--mode=root',
  ...['man', 'doc', 'locale', 'info'].map((name) => `--dpkgopt=path-exclude=/usr/share/${name}/*`),
  '--dpkgopt=force-unsafe-io',
  '--aptopt=Acquire::Languages "none"',
  '--aptopt=APT::Install-Recommends "false"',
]

/** `extract` unpacks only: no maintainer script runs, nothing is configured. */
export type Variant = 'minbase' | 'extract'

export const treeRecipe = (variant: Variant, packages: readonly string[], suite: Suite = DEFAULT_SUITE) => ({
  suite,
  lean: LEAN,
  variant,
  packages,
})

export interface TreeOptions {
  readonly suite?: Suite
  /** Options of mmdebstrap. */
  readonly more?: readonly string[]
}

export async function debianTree(
  folder: string,
  variant: Variant,
  packages: readonly string[],
  { suite = DEFAULT_SUITE, more = [] }: TreeOptions = {},
): Promise<void> {
  // Files keep the modes that dpkg gives them whatever this shell's umask is.
  const build = [
    'mmdebstrap',
    `--variant=${variant}`,
    ...LEAN,
    ...more,
    `--include=${packages.join(',')}`,
    suite,
    folder,
  ]
  await run([...CONTAINED, 'sh', '-c', 'umask 022 && exec "$@"', 'sh', ...build], {
    // Its own programs in Python are written for Debian's.
    env: { DEBIAN_FRONTEND: 'noninteractive', PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
  })
}
