// Layers of images, unpacked once for all hosts. A host's Docker knows them by a copy of its own; their files are one folder that every
// host sees read-only. An image itself is in none of it: a host still pulls it by name, and finds that it has each layer already.
import { existsSync } from 'node:fs'
import { mkdir, readdir, rename, rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { run } from '../command.ts'

/** Where a host sees the files. Not below Docker's own folder: an engine that stops unmounts what is there. */
const ON_HOST = '/opt/layers'
/** What Docker's overlay2 driver knows of layers: from which digest each came, its parents, its folder. */
const KNOWN = ['image/overlay2/distribution', 'image/overlay2/layerdb', 'overlay2']

const contents = (folder: string) => join(folder, 'contents')
const docker = (folder: string) => join(folder, 'docker')

/** Moves the layers from the folder of a Docker that has ended to `folder`. */
export async function keepLayers(from: string, folder: string): Promise<void> {
  for (const name of KNOWN) {
    await mkdir(join(docker(folder), name, '..'), { recursive: true })
    await rename(join(from, name), join(docker(folder), name))
  }
  await rm(join(docker(folder), 'image/overlay2/layerdb/mounts'), { recursive: true, force: true })
  await mkdir(contents(folder))
  for (const id of await readdir(join(docker(folder), 'overlay2'))) {
    const files = join(docker(folder), 'overlay2', id, 'diff')
    if (!existsSync(files)) continue
    await rename(files, join(contents(folder), id))
    await symlink(join(ON_HOST, id), files)
  }
}

/** A new host's Docker, not started yet, gets to know them. */
export const giveLayers = (folder: string, to: string): Promise<string> => run(['cp', '-a', `${docker(folder)}/.`, to])

/** Option of systemd-nspawn, for each boot. */
export const showLayers = (folder: string): string => `--bind-ro=${contents(folder)}:${ON_HOST}`
