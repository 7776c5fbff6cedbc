// ./edge secrets: SecureStrings that the host hands to the app. A value comes from a prompt or from standard input, never from the command line.
import { randomBytes } from 'node:crypto'
import { deleteParameter } from '../../functions/lib/aws/ssm/parameters.ts'
import { keyOf, listStored, readSecret, writeSecret } from '../../functions/lib/aws/ssm/secrets.ts'
import { LONGEST, sealed } from '../../functions/lib/door/password.ts'
import { agreed, hidden } from '../edge/ask.ts'
import { type Answer, chosenSite, line, type Scene } from '../edge/scene.ts'
import { Refused } from '../invoke.ts'
import { readDeclared, resolved, siteIn } from './read.ts'
import { apply } from './rollout.ts'

export async function secrets(scene: Scene): Promise<Answer> {
  const { what, key } = scene.words
  if (what === 'door') return doorPassword(scene)
  if ((what === 'list') === (key !== undefined))
    throw new Refused(`key: found ${key ?? 'none'}, wanted ${what === 'list' ? 'none' : 'the name of a variable'}`)
  if (key !== undefined && !/^[A-Za-z_][A-Za-z0-9_]*$/.test(key))
    throw new Refused(`key: found ${JSON.stringify(key)}, wanted a variable name: letters, digits, underscore`)
  const hostname = await chosenSite(scene)
  const path = siteIn(resolved(await readDeclared(scene)), hostname).container.secretsPath
  if (path === null) throw new Refused(withoutPath(scene, hostname))
  const vault = await vaultAt(path)
  if (what === 'list') return listed(hostname, await vault.list())
  await (what === 'set' ? vault.set(key!, checked(await hidden(`${key}: `))) : removed(vault, key!))
  return applied(
    scene,
    hostname,
    `${key} ${what === 'set' ? 'is set' : 'is removed'} at ${path}${what === 'set' ? '' : AFTER_REMOVAL}`,
  )
}

/** Least characters: what is tried ten times an hour need not be long. */
const LEAST = 8

/** The hash alone is stored, and read by the door alone. */
async function doorPassword(scene: Scene): Promise<Answer> {
  if (scene.words.key !== undefined) throw new Refused(`key: found ${scene.words.key}, wanted none`)
  const hostname = await chosenSite(scene)
  const path = siteIn(resolved(await readDeclared(scene)), hostname).door?.passwordPath
  if (!path)
    throw new Refused(
      `${hostname}: door.passwordPath: found none, wanted a path: write "door": { "passwordPath": "/ragstream-edge-secrets/${scene.stage}/door" } into its file, and deploy`,
    )
  const password = checked(await hidden('Password of the door: '))
  if (password.length < LEAST || password.length > LONGEST)
    throw new Refused(`value: found ${password.length} characters, wanted ${LEAST} to ${LONGEST}`)
  await store(path, await sealed(password, randomBytes(16)))
  return {
    code: 0,
    screen: [`the password of the door is set at ${path}; the door knows it from its next look on`],
    value: { site: hostname, path },
  }
}

/** Under the key of KMS that the parameter has. Who may not ask for that key is refused, and nothing is written. */
const store = async (path: string, value: string): Promise<void> => writeSecret(path, value, await keyOf(path))

/** DeleteParameter's page: wait for at least 30 s to create a parameter with the same name. */
const AFTER_REMOVAL = ' (wait 30 s before you set it again: Parameter Store wants that)'

interface Secret {
  readonly key: string
  /** ISO 8601; of one that shares a parameter nobody knows. */
  readonly modified?: string
}

interface Vault {
  list(): Promise<Secret[]>
  set(key: string, value: string): Promise<void>
  /** False where there is none. */
  remove(key: string): Promise<boolean>
}

/** As it was begun. A new one is one parameter: AmazonSSMManagedInstanceCore lets the host read it, and no parameters below a path. */
async function vaultAt(path: string): Promise<Vault> {
  const isOne = (await readSecret(path)) !== undefined || (await listStored(path)).length === 0
  return isOne ? allInOne(path) : eachItsOwn(path)
}

/** A parameter below the path for each. */
const eachItsOwn = (path: string): Vault => ({
  async list() {
    const stored = await listStored(path)
    return stored.map(({ name, modifiedAt }) => ({
      key: name.slice(path.length + 1),
      modified: new Date(modifiedAt).toISOString(),
    }))
  },
  set: (key, value) => store(`${path}/${key}`, value),
  remove: (key) => deleteParameter(`${path}/${key}`),
})

/** One parameter of this name with lines KEY=VALUE: where it is there, the host reads no other. */
function allInOne(path: string): Vault {
  const lines = async () => ((await readSecret(path)) ?? '').split('\n').filter(Boolean)
  const others = async (key: string) => (await lines()).filter((text) => !text.startsWith(`${key}=`))
  return {
    list: async () => (await lines()).map((text) => ({ key: text.split('=')[0]! })),
    set: async (key, value) => store(path, [...(await others(key)), `${key}=${value}`].join('\n')),
    async remove(key) {
      const left = await others(key)
      if (left.length === (await lines()).length) return false
      if (left.length === 0) return deleteParameter(path)
      await store(path, left.join('\n'))
      return true
    },
  }
}

function listed(site: string, all: readonly Secret[]): Answer {
  const screen = all.map(({ key, modified }) => (modified ? `${key}  set ${modified}` : key))
  return { code: 0, screen: screen.length > 0 ? screen : [`${site}: no secret yet`], value: { site, secrets: all } }
}

/** @throws Refused */
function checked(value: string): string {
  if (value === '') throw new Refused('value: found none, wanted one line on standard input, or at the prompt')
  if (/[\r\n\0]/.test(value)) throw new Refused('value: found a line break, wanted one line')
  return value
}

/** @throws Refused where it is not there */
async function removed(vault: Vault, key: string): Promise<void> {
  if (!(await vault.remove(key))) throw new Refused(`key: found no ${key} there, wanted one that the list shows`)
}

const withoutPath = ({ stage }: Scene, hostname: string): string =>
  `${hostname}: container.secretsPath: found null, wanted a path: write "container": { "secretsPath": "/ragstream-edge-secrets/${stage}/${hostname}" } into its file, ` +
  'and deploy. AmazonSSMManagedInstanceCore lets the host read it'

/** The host reads it at the next run of its document. */
async function applied(scene: Scene, site: string, done: string): Promise<Answer> {
  const later = [done, `the app gets it by ${line(scene, `apply ${site}`)}`]
  scene.tell(done)
  if (scene.words.yes || (await agreed('Apply it now?'))) return apply(scene)
  return { code: 0, screen: later.slice(1), value: { site, applied: false } }
}
