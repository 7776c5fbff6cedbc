// Rules between the fields of one site. Each takes of it only what it compares: where that cannot be read, the rule says nothing (resources/draft.ts).
import { APP_RULES, type WithApp } from '../app.ts'
import type { FieldError } from '../field-error.ts'
import { INSTANCE_ID } from '../instance.ts'
import { namesOf } from '../record.ts'
import { excessOf } from '../site-certificate.ts'
import { doorErrors, type WithDoor } from './door.ts'
import { idleErrors, type WithIdle } from './idle.ts'

/** The fields that are compared. */
export interface Compared extends WithApp, WithDoor, WithIdle {
  readonly hostname: string
  readonly aliases: readonly string[]
  readonly retired: readonly string[]
  readonly instances: Readonly<Record<string, string>>
  readonly rollout?: string | undefined
  readonly container: { readonly volumes: readonly string[] }
  readonly hsts: boolean
}

/** A password would travel in the clear, and a browser must not be told what is not so. */
const withoutTls = (tls: string, path: string, found: string | false | null): FieldError[] =>
  tls === 'off' && found ? [{ path, found, wanted: 'nothing without tls: set tls to "acme" too' }] : []

export const RULES: readonly ((site: Compared) => FieldError[])[] = [
  (site) => {
    const names = namesOf(site)
    const twice = names.filter((name, index) => names.indexOf(name) !== index)
    return twice.map((name) => ({
      path: 'aliases',
      found: JSON.stringify(name.slice(0, -1)),
      wanted: 'each name once among hostname, aliases and retired',
    }))
  },
  ({ rollout, container }) => {
    const wanted = '"replace": two containers on one volume can corrupt it'
    return rollout === 'overlap' && container.volumes.length > 0
      ? [{ path: 'rollout', found: '"overlap"', wanted }]
      : []
  },
  ({ instances: { id } }) =>
    id === undefined || INSTANCE_ID.test(id)
      ? []
      : [{ path: 'instances/id', found: JSON.stringify(id), wanted: 'an id such as i-1234567890abcdef0' }],
  ({ tls, hsts }) => withoutTls(tls, 'hsts', hsts && 'true'),
  ({ tls, access }) => withoutTls(tls, 'access/networks', access.networks.length > 0 && 'a list'),
  ({ tls, access: { passwordsPath } }) =>
    withoutTls(tls, 'access/passwordsPath', passwordsPath && JSON.stringify(passwordsPath)),
  (site) => {
    const excess = site.tls === 'acme' ? excessOf(site) : undefined
    return excess ? [{ path: 'aliases', ...excess }] : []
  },
  ...APP_RULES,
  idleErrors,
  doorErrors,
]
