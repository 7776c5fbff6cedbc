// In which region a stage is asked and deployed: one rule for every command (docs/adr/0038-one-region.md).
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadConfig, NODE_REGION_CONFIG_FILE_OPTIONS, NODE_REGION_CONFIG_OPTIONS } from '@smithy/core/config'

export interface Region {
  readonly region: string
  /** What decided. */
  readonly by: string
  /** What else the doctor shows. */
  readonly profile: { readonly name: string; readonly region: string | undefined }
  readonly bound: { readonly file: string; readonly region: string | undefined }
}

export interface Ways extends Pick<Region, 'profile' | 'bound'> {
  readonly stage: string
  readonly flag: string | undefined
  readonly environment: string | undefined
}

/** As the SDK has it: the flag, the environment, the profile; and else the stage's own. A sentence where there is none, or where the stage has another. */
export function chosenRegion({ stage, flag, environment, profile, bound }: Ways): Region | string {
  const [region, by] =
    [
      [flag, '--region'],
      [environment, 'AWS_REGION'],
      [profile.region, `profile ${profile.name}`],
      [bound.region, bound.file],
    ].find(([value]) => value) ?? []
  if (!region || !by)
    return `region: found none by --region, by AWS_REGION and in the profile ${profile.name}, wanted that of the instance: export AWS_REGION=<region>`
  if (bound.region && region !== bound.region)
    return `region: found ${region} by ${by}, wanted ${bound.region}, to which ${bound.file} binds stage ${stage}: --region ${bound.region}, or change that file`
  return { region, by, profile, bound }
}

export interface RegionWish {
  readonly stage: string
  readonly flag?: string | undefined
  /** Of the site files. */
  readonly folder?: string | undefined
}

export const regionFile = (folder: string, stage: string): string =>
  join(folder, stage === 'prod' ? '' : stage, 'region.txt')

/** A sentence where the command must not go on. */
export async function regionOf({ stage, flag, folder = 'resources/sites' }: RegionWish): Promise<Region | string> {
  const file = regionFile(folder, stage)
  const bound = { file, region: existsSync(file) ? readFileSync(file, 'utf8').trim() || undefined : undefined }
  const profile = { name: process.env.AWS_PROFILE || 'default', region: await profileRegion() }
  return chosenRegion({ stage, flag, environment: process.env.AWS_REGION, profile, bound })
}

/** By the SDK's own reader of ~/.aws, without the environment. */
const profileRegion = async (): Promise<string | undefined> =>
  loadConfig<string | undefined>(
    { ...NODE_REGION_CONFIG_OPTIONS, environmentVariableSelector: () => undefined, default: async () => undefined },
    NODE_REGION_CONFIG_FILE_OPTIONS,
  )()
