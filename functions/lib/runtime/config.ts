// The functions' configuration: environment variables that the template sets.
import { InvalidConfiguration } from '../domain/errors.ts'

/** Where empty is an answer. */
export const optionalSetting = (name: string): string | undefined => process.env[name] || undefined

/** @throws InvalidConfiguration naming the variable */
export function setting(name: string): string {
  const value = process.env[name]
  if (!value)
    throw new InvalidConfiguration(`environment variable ${name}: found nothing, wanted what serverless.yml sets`)
  return value
}
