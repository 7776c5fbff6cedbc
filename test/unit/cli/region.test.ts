// In which region a command looks, and where it must not go.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { judgeRegion } from '../../../cli/doctor/judge-region.ts'
import { shown } from '../../../cli/doctor/line.ts'
import { chosenRegion, type Region, regionOf, type Ways } from '../../../resources/region.ts'
import { here } from '../../support/edge.ts'

const FILE = 'resources/sites/region.txt'
const ways = (more: Partial<Ways> = {}): Ways => ({
  ...{ stage: 'prod', flag: undefined, environment: undefined },
  profile: { name: 'default', region: undefined },
  bound: { file: FILE, region: undefined },
  ...more,
})
const [A, B] = ['eu-central-1', 'us-east-1']
const profile = { name: 'dev', region: B }
const bound = { file: FILE, region: A }

test.each<[string, Partial<Ways>, string, string]>([
  ['the flag before all', { flag: A, environment: B, profile }, A, '--region'],
  ['the environment before the profile', { environment: A, profile }, A, 'AWS_REGION'],
  ['the profile', { profile }, B, 'profile dev'],
  ['nothing but the stage', { bound }, A, FILE],
  ['the flag as the stage has it, and another profile', { flag: A, profile, bound }, A, '--region'],
])('%s', (_, more, region, by) => expect(chosenRegion(ways(more))).toMatchObject({ region, by }))

test.each<[string, Partial<Ways>, string]>([
  [
    'none at all',
    {},
    'region: found none by --region, by AWS_REGION and in the profile default, wanted that of the instance: export AWS_REGION=<region>',
  ],
  [
    'profile and stage differ',
    { profile, bound },
    `region: found us-east-1 by profile dev, wanted eu-central-1, to which ${FILE} binds stage prod: --region eu-central-1, or change that file`,
  ],
  [
    'flag and stage differ',
    { flag: B, bound },
    `region: found us-east-1 by --region, wanted eu-central-1, to which ${FILE} binds stage prod: --region eu-central-1, or change that file`,
  ],
])('refused: %s', (_, more, sentence) => expect(chosenRegion(ways(more))).toBe(sentence))

test('the profile and the file of the stage are read as they lie on the disk', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ragstream-edge-region-'))
  const [config, sites] = [join(folder, 'config'), join(folder, 'sites')]
  writeFileSync(config, `[profile dev]\nregion = ${B}\n[default]\nregion = ${A}\n`)
  const env = { AWS_CONFIG_FILE: config, AWS_SHARED_CREDENTIALS_FILE: join(folder, 'none'), AWS_REGION: '' }
  const asked = (stage: string, AWS_PROFILE = '') =>
    here({ env: { ...env, AWS_PROFILE } }, () => regionOf({ stage, folder: sites }))
  expect(await asked('prod')).toMatchObject({ region: A, by: 'profile default' })
  expect(await asked('prod', 'dev')).toMatchObject({ region: B, by: 'profile dev' })
  mkdirSync(join(sites, 'us'), { recursive: true })
  writeFileSync(join(sites, 'us', 'region.txt'), `${B}\n`)
  expect(await asked('us', 'dev')).toMatchObject({ bound: { region: B } })
  expect(await asked('us')).toMatch(/^region: found eu-central-1 by profile default, wanted us-east-1, to which .* us:/)
  expect(await asked('prod')).toMatchObject({ region: A })
  rmSync(folder, { recursive: true })
})

describe('the doctor says both', () => {
  const told = (more: Partial<Ways>) => judgeRegion('prod', chosenRegion(ways(more)) as Region).map(shown)
  test('where they agree, one line', () =>
    expect(told({ profile: { name: 'default', region: A }, bound })).toEqual([
      `ok    region            eu-central-1, by profile default; profile default: eu-central-1; stage prod: eu-central-1, by ${FILE}`,
    ]))
  test('another profile, and a stage that is bound to none', () =>
    expect(told({ environment: A, profile })).toEqual([
      expect.stringContaining('by AWS_REGION; profile dev: us-east-1; stage prod: bound to none'),
      expect.stringContaining('a command of the AWS CLI without --region goes to us-east-1'),
      expect.stringContaining(`see: echo eu-central-1 > ${FILE}`),
    ]))
})
