// Sites that share an instance: each needs a port of its own there. Pure.
import { type Line, problem } from './line.ts'
import type { SiteFacts } from './look.ts'

export function judgePorts(all: readonly Pick<SiteFacts, 'site' | 'hosts'>[]): Line[] {
  const owners = new Map<string, string>()
  return all.flatMap(({ site, hosts }) =>
    hosts.flatMap(({ instance }) => {
      const { hostPort } = site.container
      const place = `${instance.id} ${hostPort}`
      const owner = owners.get(place)
      if (owner === undefined) owners.set(place, site.hostname)
      if (owner === undefined || owner === site.hostname) return []
      return [
        problem(
          'host port',
          `${site.hostname} and ${owner} both want 127.0.0.1:${hostPort} on ${instance.id}`,
          `put "container": { "hostPort": <another> } into the file of ${site.hostname}`,
        ),
      ]
    }),
  )
}
