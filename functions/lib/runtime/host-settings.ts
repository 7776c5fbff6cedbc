// The stage and its documents for hosts, from the function's environment.
import { setting } from './config.ts'

export const hostSettings = () => ({
  stage: setting('STAGE'),
  path: setting('SITES_PATH'),
  configureDocument: setting('CONFIGURE_HOST_DOCUMENT'),
  inspectDocument: setting('INSPECT_HOST_DOCUMENT'),
})
