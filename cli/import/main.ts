// ./edge import: the file of a site that a host serves by hand, from what the host and the account say. Deploys nothing.
import { existsSync } from 'node:fs'
import type { Site } from '../../functions/lib/domain/site.ts'
import { configureHost } from '../../functions/lib/hosts/command.ts'
import { configureHostDocument, readByHandDocument, scriptWith } from '../../resources/documents.ts'
import { sitesOfStage } from '../../resources/sites.ts'
import type { AccountInstance } from '../doctor/account.ts'
import { hostRole } from '../doctor/host-role.ts'
import {
  type Begun,
  beginSite,
  bindRegion,
  GUESS,
  guessedImage,
  tagNotes,
  type Wish,
  writeSite,
} from '../doctor/init.ts'
import { judgeHostRole } from '../doctor/judge-host-role.ts'
import { shown } from '../doctor/line.ts'
import { reading } from '../doctor/reading.ts'
import { agree } from '../edge/ask.ts'
import { type Answer, line, type Scene } from '../edge/scene.ts'
import { Refused } from '../invoke.ts'
import { spoken } from '../site/command.ts'
import { type ByHand, carriedOver, emptyVariables, parseByHand, shownByHand } from './by-hand.ts'
import { RUN_SHELL_SCRIPT, runOn } from './host.ts'

export async function importSite(scene: Scene): Promise<Answer> {
  const { hostname = '', sites = 'resources/sites', instance, image, yes } = scene.words
  const wish: Wish = { hostname, sites, instance, image, stage: scene.stage, region: scene.region }
  const begun = await beginSite(wish)
  const { id } = begun.instance
  if (begun.instance.state !== 'running')
    throw new Refused(
      `${id}: found it ${begun.instance.state}, wanted it running: aws ec2 start-instances --region ${wish.region} --instance-ids ${id}`,
    )
  scene.tell(
    `two scripts that only read go to ${id} by ${RUN_SHELL_SCRIPT}, with your own rights; Run Command keeps what they print for 30 days`,
  )
  await agree(yes, `Send them to ${id}?`)
  return existsSync(begun.file) ? rehearsedAgain(scene, wish, begun) : imported(scene, wish, begun)
}

async function imported(scene: Scene, wish: Wish, begun: Begun): Promise<Answer> {
  const byHand = await readByHand(begun)
  if (byHand.files.length === 0 && byHand.container === null)
    throw new Refused(
      `${begun.instance.id}: found neither a container nor a server block for ${begun.site.hostname}, wanted a site that is served by hand: ${line(scene, `init ${wish.hostname}`)}`,
    )
  const { site, left } = carriedOver(begun.site, byHand, wish.image)
  const text = writeSite(begun.file, wish.stage, site)
  if (scene.regions) bindRegion(scene.regions)
  const rehearsal = await rehearsed(scene, wish, begun)
  const screen = [
    ...section('served by hand now', shownByHand(byHand)),
    `${begun.file}:`,
    text,
    ...section('cannot be carried over', left),
    ...rehearsal.screen,
  ]
  return { code: 0, screen, value: { file: begun.file, site: JSON.parse(text), byHand, left, ...rehearsal.value } }
}

/** Its file is as the person wrote it: only the host is asked once more. */
async function rehearsedAgain(scene: Scene, wish: Wish, begun: Begun): Promise<Answer> {
  const rehearsal = await rehearsed(scene, wish, begun)
  const screen = [`${begun.file} is there, and stays as it is`, ...rehearsal.screen]
  return { code: 0, screen, value: { file: begun.file, ...rehearsal.value } }
}

async function readByHand({ instance, site }: Begun): Promise<ByHand> {
  const script = scriptWith(readByHandDocument(), { Hostname: site.hostname })
  const { status, output, errors } = await runOn(instance.id, script, 'ragstream-edge import: what serves a site')
  if (status !== 'Success')
    throw new Error(`${instance.id}: what serves the site was not read: ${status}: ${(errors || output).trim()}`)
  return parseByHand(output)
}

/** What a first run on the host would do, and what else is to be done before. */
async function rehearsed(scene: Scene, wish: Wish, { instance, site: { hostname } }: Begun) {
  const { site } = sitesOfStage(wish.sites, wish.stage).find((one) => one.site.hostname === hostname)!
  const [steps, role] = await Promise.all([check(instance, site), roleLines(instance, site, wish)])
  const variables = emptyVariables(site)
  const todo = [
    ...(variables.length > 0
      ? [
          `container.env: ${variables.join(', ')}: the values were not read; write each into the file, a secret by a secretsPath`,
        ]
      : []),
    ...(site.image === guessedImage(site) ? [GUESS] : []),
    ...tagNotes(wish, instance),
  ]
  const screen = [
    ...section(`rehearsal on ${instance.id}, which changed nothing`, steps.map(spoken)),
    ...section('who else writes the record', role),
    ...section('before the deploy', todo),
    `next: ${line(scene, 'doctor')}, then ${line(scene, 'deploy')}; to rehearse again: ${line(scene, `import ${site.hostname}`)}`,
  ]
  return { screen, value: { rehearsal: steps, role, todo } }
}

async function check({ id }: AccountInstance, site: Site): Promise<string[]> {
  const { parameters } = configureHost(site, 'by hand')
  const script = scriptWith(configureHostDocument(), parameters, '--check')
  const { status, output, errors } = await runOn(id, script, 'ragstream-edge import: --check')
  const lines = output.split('\n').filter((text) => text.startsWith('step='))
  return lines.length > 0 ? lines : [`step=check result=failed reason="${status}: ${errors.trim()}"`]
}

async function roleLines(instance: AccountInstance, site: Site, { stage, region }: Wish): Promise<string[]> {
  const role = await reading(hostRole(instance.profile, site, stage, region))
  return judgeHostRole({ instance, role }, site).map(shown)
}

const section = (title: string, lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : [`${title}:`, ...lines.map((text) => `  ${text}`)]
