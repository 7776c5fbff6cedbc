// Where commands go, and what else names a region: the profile, which the AWS CLI asks, and the file that binds the stage. Pure.
import type { Region } from '../../resources/region.ts'
import { type Line, note, ok } from './line.ts'

export function judgeRegion(stage: string, { region, by, profile, bound }: Region): Line[] {
  const others = [
    `profile ${profile.name}: ${profile.region ?? 'none'}`,
    `stage ${stage}: ${bound.region ? `${bound.region}, by ${bound.file}` : 'bound to none'}`,
  ]
  const seen = ok('region', `${region}, by ${by}; ${others.join('; ')}`)
  return [
    seen,
    ...(profile.region && profile.region !== region
      ? [
          note(
            'region',
            `a command of the AWS CLI without --region goes to ${profile.region} in a shell without AWS_REGION`,
            'every command that is printed here names the region',
          ),
        ]
      : []),
    ...(bound.region
      ? []
      : [
          note(
            'region',
            `no file binds stage ${stage}: from a shell with another region a deploy would make a second one there`,
            `echo ${region} > ${bound.file}`,
          ),
        ]),
  ]
}
