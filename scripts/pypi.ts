// Programs from PyPI that the check uses, each in a virtual environment of its own below the cache folder, made when it is first asked for.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { cacheFolder } from '../local/machine/paths.ts'

/**
 * The path of an installed program; `program` where it is not called like its package. An environment holds absolute paths and cannot be
 * moved when complete: it is made where it stays, and a link of the name and version leads there only then.
 * @throws Error with what to install, or with what pip said
 */
export function pypiTool(name: string, version: string, program = name): string {
  const shelf = join(cacheFolder(), 'pypi')
  const link = join(shelf, `${name}-${version}`)
  if (!existsSync(link)) {
    mkdirSync(shelf, { recursive: true })
    install(`${name}==${version}`, mkdtempSync(`${link}.`), link)
  }
  return join(link, 'bin', program)
}

function install(requirement: string, folder: string, link: string): void {
  console.log(`${requirement} from PyPI, once`)
  try {
    succeed('python3', ['-m', 'venv', folder], 'on Debian and Ubuntu: apt-get install python3-venv')
    succeed(
      join(folder, 'bin', 'pip'),
      ['install', '--quiet', '--disable-pip-version-check', '--retries', '10', '--timeout', '60', requirement],
      'is PyPI there?',
    )
    symlinkSync(folder, link)
  } catch (error) {
    rmSync(folder, { recursive: true, force: true })
    // Somebody else has made it in the meantime.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
}

function succeed(command: string, words: readonly string[], hint: string): void {
  const { status, error, stderr } = spawnSync(command, words, { stdio: ['ignore', 'ignore', 'pipe'], encoding: 'utf8' })
  if (status !== 0) throw new Error(`${command} ${words.join(' ')}: ${error?.message ?? stderr.trim()}; ${hint}`)
}
