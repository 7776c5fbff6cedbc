// The stage and its documents for hosts, from the function's environment.
import { InvalidConfiguration } from '../domain/errors.ts'
import { optionalSetting, setting } from './config.ts'

export const hostSettings = () => ({
  stage: setting('STAGE'),
  path: setting('SITES_PATH'),
  configureDocument: setting('CONFIGURE_HOST_DOCUMENT'),
  inspectDocument: setting('INSPECT_HOST_DOCUMENT'),
  retryAfter: retryAfter(),
})

/**
 * Seconds from a failure to the second try, and to the third. The template does not set it; a local cloud may, to wait for less.
 * @throws InvalidConfiguration
 */
function retryAfter(): readonly number[] | undefined {
  const text = optionalSetting('RETRY_AFTER')
  if (text === undefined || /^\d{1,3},\d{1,3}$/.test(text)) return text?.split(',').map(Number)
  throw new InvalidConfiguration(
    `environment variable RETRY_AFTER: found ${JSON.stringify(text)}, wanted two numbers such as 30,120`,
  )
}
