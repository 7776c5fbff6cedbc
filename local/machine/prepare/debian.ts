// Debian trees with mmdebstrap, without what nobody reads on a bench.
import { CONTAINED, run } from '../command.ts'

export const SUITE = 'bookworm'

const LEAN = [
  '--mode=root',
  ...['man', 'doc', 'locale', 'info'].map((name) => `--dpkgopt=path-exclude=/usr/share/${name}/*`),
  '--dpkgopt=force-unsafe-io',
  '--aptopt=Acquire::Languages "none"',
  '--aptopt=APT::Install-Recommends "false"',
]

/** `extract` unpacks only: no maintainer script runs, nothing is configured. */
export type Variant = 'minbase' | 'extract'

export const treeRecipe = (variant: Variant, packages: readonly string[]) => ({
  suite: SUITE,
  lean: LEAN,
  variant,
  packages,
})

/** `more` are options of mmdebstrap. */
export async function debianTree(
  folder: string,
  variant: Variant,
  packages: readonly string[],
  more: readonly string[] = [],
): Promise<void> {
  // Files keep the modes that dpkg gives them whatever this shell's umask is.
  const build = [
    'mmdebstrap',
    `--variant=${variant}`,
    ...LEAN,
    ...more,
    `--include=${packages.join(',')}`,
    SUITE,
    folder,
  ]
  await run([...CONTAINED, 'sh', '-c', 'umask 022 && exec "$@"', 'sh', ...build], {
    env: { DEBIAN_FRONTEND: 'noninteractive' },
  })
}
