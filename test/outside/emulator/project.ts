// A checkout of the project as its owner has one: other sites, perhaps another program, and `sls`.
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { cacheFolder } from '../../../local/machine/paths.ts'
import { type Emulator, NAME_SERVER } from './emulator.ts'

const PARTS = [
  'cli',
  'functions',
  'local',
  'resources',
  'templates',
  'serverless.yml',
  'package.json',
  'package-lock.json',
]

export interface Credentials {
  readonly AccessKeyId?: string | undefined
  readonly SecretAccessKey?: string | undefined
  readonly SessionToken?: string | undefined
}

export const ADMINISTRATOR: Credentials = { AccessKeyId: 'test', SecretAccessKey: 'test' }

export interface Project {
  /** Runs `sls` in it, in the emulator's namespace. @returns all that it printed @throws Error with that, where it fails */
  sls(who: Credentials, ...words: string[]): Promise<string>
  /** Runs one of its programs likewise, for example `cli/edge/head.mjs diagnose`. */
  node(who: Credentials, ...words: string[]): Promise<string>
  /** Writes the site's file; `folder` below resources/sites for another stage than prod. */
  declare(site: { readonly hostname: string } & Readonly<Record<string, unknown>>, folder?: string): void
  /** Replaces a text of a file. @throws Error where it does not stand there */
  edit(file: string, from: string, to: string): void
  close(): void
}

export function projectFor(emulator: Emulator): Project {
  const folder = mkdtempSync(join(tmpdir(), 'ragstream-edge-project-'))
  const declaredHere = (path: string) => /resources\/sites\/.*\.json$/.test(path)
  for (const part of PARTS) cpSync(part, join(folder, part), { recursive: true, filter: (path) => !declaredHere(path) })
  symlinkSync(resolve('node_modules'), join(folder, 'node_modules'))
  const node: Project['node'] = async (who, ...words) => {
    const env = {
      AWS_ENDPOINT_URL: 'http://127.0.0.1:4566',
      AWS_REGION: 'eu-central-1',
      RESOLVERS: NAME_SERVER,
      AWS_ACCESS_KEY_ID: who.AccessKeyId ?? '',
      AWS_SECRET_ACCESS_KEY: who.SecretAccessKey ?? '',
      ...(who.SessionToken ? { AWS_SESSION_TOKEN: who.SessionToken } : {}),
      SLS_SCHEMA_CACHE_BASE_DIR: cacheFolder(),
      CI: 'true',
    }
    try {
      const { stdout, stderr } = await emulator.run([process.execPath, ...words], { cwd: folder, env })
      return stdout + stderr
    } catch (error) {
      const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string }
      throw new Error(`node ${words.join(' ')} failed:\n${stdout}${stderr}`, { cause: error })
    }
  }
  return {
    node,
    sls: (who, ...words) => node(who, 'node_modules/.bin/sls', ...words),
    declare(site, below = '') {
      const file = join(folder, 'resources/sites', below, `${site.hostname}.json`)
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(file, JSON.stringify(site))
    },
    edit(file, from, to) {
      const path = join(folder, file)
      const text = readFileSync(path, 'utf8')
      if (!text.includes(from)) throw new Error(`${file}: found no ${JSON.stringify(from)}`)
      writeFileSync(path, text.replace(from, to))
    },
    close: () => rmSync(folder, { recursive: true, force: true }),
  }
}
