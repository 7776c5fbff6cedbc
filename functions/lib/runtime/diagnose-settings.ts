// Where a diagnosis looks, from the function's environment; the local cloud names its own name server and resolver there.
import { setting } from './config.ts'

export const diagnoseSettings = () => ({
  place: { stage: setting('STAGE'), region: setting('AWS_REGION') },
  sitesPath: setting('SITES_PATH'),
  configureDocument: setting('CONFIGURE_HOST_DOCUMENT'),
  inspectDocument: setting('INSPECT_HOST_DOCUMENT'),
  nameServers: process.env.NAME_SERVERS,
  resolvers: process.env.RESOLVERS,
  outsideProbes: process.env.OUTSIDE_PROBES,
})
