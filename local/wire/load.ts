// The services are the files of `services/`: a new protocol is a new file there.
import { readdir } from 'node:fs/promises'
import type { Service } from './service.ts'

const folder = new URL('./services/', import.meta.url)

export async function loadServices(): Promise<ReadonlyMap<string, Service>> {
  const files = (await readdir(folder)).filter((name) => name.endsWith('.ts')).sort()
  const services = new Map<string, Service>()
  for (const file of files) {
    const { service } = (await import(new URL(file, folder).href)) as { service?: Service }
    if (service === undefined) throw new Error(`local/wire/services/${file} exports no "service"`)
    services.set(service.signingName, service)
  }
  return services
}
