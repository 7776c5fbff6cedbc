// ./edge rollout, ./edge apply: another image, or the document once more, followed to live or failed.
import { sendCommand } from '../../functions/lib/aws/ssm/commands.ts'
import { writeParameter } from '../../functions/lib/aws/ssm/parameters.ts'
import type { Site } from '../../functions/lib/domain/site.ts'
import { configureHost, sentAt } from '../../functions/lib/hosts/command.ts'
import { type Answer, chosenSite, line, pathOf, type Scene } from '../edge/scene.ts'
import { Refused } from '../invoke.ts'
import { type Tell, timeline } from '../site-power.ts'
import { awaitCommand, type Ended, followCommand, knownCommands, short, type Watch } from './command.ts'
import { documentOf, instancesOf, readDeclared, resolved, siteIn } from './read.ts'
import { conclude, running } from './roll.ts'

export async function rollout(scene: Scene): Promise<Answer> {
  return rollTo(scene, await chosenSite(scene), scene.words.image!)
}

/** @throws Refused where nothing would come of it */
export async function rollTo(scene: Scene, hostname: string, image: string): Promise<Answer> {
  const declared = await readDeclared(scene)
  const before = siteIn(resolved(declared), hostname)
  if (before.image === image) throw new Refused(sameImage(scene, before))
  const site = siteIn(resolved(declared, { name: hostname, value: image }), hostname)
  const document = await documentOf(scene, 'ConfigureHost')
  const hosts = running(await instancesOf(scene, site))
  const known = await Promise.all(hosts.map(({ id }) => knownCommands(document, id)))
  const tell = timeline(scene.tell)
  await writeParameter(`${pathOf(scene)}/images/${hostname}`, image)
  tell('you', `${hostname}: ${before.image} -> ${image}`)
  const value = { site: hostname, image, previous: before.image }
  if (hosts.length === 0)
    return {
      code: 0,
      screen: [`${hostname} is asleep: ${image} runs at the next start`],
      value: { ...value, hosts: [] },
    }
  if (scene.words.wait === false)
    return { code: 0, screen: [`to see what becomes of it: ${line(scene, `history ${hostname}`)}`], value }
  const watch = watching(scene, tell)
  const { comment } = configureHost(site, document)
  const ends = hosts.map(async ({ id }, index): Promise<Ended> => {
    const command = await awaitCommand({ document, instance: id, comment }, known[index]!, watch)
    if (command === undefined) return { instance: id, command: '', status: 'NotSent', output: '', errors: '' }
    tell(short(id), `command ${short(command)}`)
    return followCommand(command, id, watch)
  })
  const answer = await conclude(scene, site, await Promise.all(ends), tell)
  return { ...answer, value: { ...value, ...answer.value } }
}

const sameImage = (scene: Scene, { hostname, image }: Site): string =>
  `image: found ${image}, which ${hostname} is told already, wanted another one: a host is told an image by its name, and the same name is no news. ` +
  `For a tag that was pushed anew name what it means now, ${image.replace(/@.*/, '')}@sha256:<digest>, so that a rollback finds the old one; or with "pull": "always" in the site’s file: ${line(scene, `apply ${hostname}`)}`

const watching = (scene: Scene, tell: Tell): Watch => ({
  until: performance.now() + (scene.words.patience ?? 600) * 1000,
  tell,
})

export async function apply(scene: Scene): Promise<Answer> {
  const hostname = await chosenSite(scene)
  const site = siteIn(resolved(await readDeclared(scene)), hostname)
  const document = await documentOf(scene, 'ConfigureHost')
  const hosts = running(await instancesOf(scene, site))
  if (hosts.length === 0)
    return {
      code: 0,
      screen: [`${hostname} is asleep: it is applied at the next start`],
      value: { site: hostname, hosts: [] },
    }
  const tell = timeline(scene.tell)
  const watch = watching(scene, tell)
  const ends = hosts.map(async ({ id }) => {
    const command = await sendCommand(id, sentAt(configureHost(site, document), Date.now()))
    tell('you', `apply ${hostname} on ${id}: command ${short(command)}`)
    return followCommand(command, id, watch)
  })
  return conclude(scene, site, await Promise.all(ends), tell)
}
