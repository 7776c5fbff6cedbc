// Commands of a cloud that stays up.
import { createInterface, type Interface } from 'node:readline/promises'
import { faultNames } from '../../local/faults/faults.ts'
import { imageName } from '../../local/machine/prepare/app-image.ts'
import type { RenderedRoom } from '../../local/machine/rendered/room.ts'
import { leave, visit } from '../../local/machine/rendered/use.ts'
import { askNameServer, startInstance, stopInstance } from '../../local/scenario.ts'
import type { FaultScene } from '../../local/scene.ts'
import { nearest } from '../edge/scene.ts'
import { type Breakage, breakage, faultList } from './breakage.ts'
import type { Screen } from './screen.ts'

const HELP = `start    start the instance and follow it until the name leads there
stop     stop it, and see the name parked
status   instance, record, host, queues, notices; status <site> where there are several
diagnose which hop is broken, and what to do
break    <fault>: really breaks something
mend     [<fault>]: undoes the fault; without a name, the newest one
resync   what the schedule does every 15 minutes: look at everything
visit    somebody opens a tab; leave: closes it (rendered machines)
idle     what the schedule does every 5 minutes: stop what nobody uses
help     this list
quit     take everything down (also Ctrl-C)
In another terminal: ./edge status --local, ./edge diagnose --local, ./edge rollout <site> <image> --local`

interface Kept extends FaultScene {
  readonly breakage: Breakage
}

type Verb = (kept: Kept, screen: Screen, word: string) => Promise<void> | void

const VERBS: Readonly<Record<string, Verb>> = {
  start: async ({ cloud, site, instanceId }, screen) => {
    const { address } = await startInstance(cloud, site, instanceId)
    screen.say('named', `${site.hostname} -> ${address}`, 'good')
  },
  stop: async ({ cloud, site, instanceId }, screen) => {
    const values = await stopInstance(cloud, site, instanceId)
    screen.say('parked', `${site.hostname} -> ${values.join(', ')}`)
  },
  status: async (kept, screen, word) => {
    if (word !== '' && word !== kept.site.hostname) return kept.breakage.diagnose(word, screen)
    for (const [name, value] of await status(kept)) screen.say(name, value)
  },
  diagnose: ({ breakage, site }, screen, word) => breakage.diagnose(word || site.hostname, screen),
  break: ({ breakage }, screen, fault) => breakage.break(fault, screen),
  mend: ({ breakage }, screen, fault) => breakage.mend(fault, screen),
  resync: async ({ cloud }, screen) => {
    cloud.stack.triggerSchedule('ReconcileRule')
    await cloud.stack.idle()
    screen.say('resync', 'everything has been looked at')
  },
  visit: (kept, screen) => tab(kept, screen, visit, 'a tab is open'),
  leave: (kept, screen) => tab(kept, screen, leave, 'a tab is closed'),
  idle: async ({ cloud, site }, screen) => {
    if (!cloud.stack.functions.some(({ name }) => name.endsWith('-idle')))
      return screen.plain(
        `${site.hostname} has no idle: write "idle": { "stopAfter": "10m" } into its file and start again`,
      )
    const { report } = (await cloud.stack.invoke('idle', {})) as { report: string[] }
    for (const line of report) screen.say('idle', line)
  },
  help: ({ room }, screen) => screen.plain(`${HELP}\n\nfaults:\n${faultList(room.kind === 'nspawn')}`),
}

/** Real machines are visited by a browser. */
function tab(
  { room, site, instanceId }: Kept,
  screen: Screen,
  act: (root: string, hostname: string) => void,
  done: string,
): void {
  if (room.kind !== 'rendered') throw new Error('this word is for rendered machines: visit it by a browser')
  act((room as RenderedRoom).disk(instanceId), site.hostname)
  screen.say('visitor', done)
}

/** Reads commands until `quit` or the end of input. */
export async function takeCommands(where: FaultScene, screen: Screen): Promise<void> {
  const kept = { ...where, breakage: breakage(where) }
  screen.plain(`\n${HELP}`)
  if (where.room.kind === 'nspawn')
    screen.plain(`Images of the app: ${['1.4.0', '1.5.0', 'broken'].map(imageName).join(', ')}`)
  screen.plain('')
  const lines = createInterface({
    ...{ input: process.stdin, output: process.stdout, prompt: 'ragstream-edge> ' },
    completer: (typed: string): [string[], string] => completed(typed),
  })
  let isOpen = true
  lines.once('close', () => {
    isOpen = false
  })
  // Of a pipe that has ended already, what it held is still read.
  const prompt = () => isOpen && lines.prompt()
  screen.onLine(beside(lines))
  prompt()
  for await (const words of lines) {
    const [word = '', argument = '', ...more] = words.trim().split(/\s+/)
    if ((word === 'quit' || word === 'exit') && argument === '') break
    await carriedOut(kept, screen, word, [argument, ...more].filter(Boolean))
    prompt()
  }
  screen.onLine(undefined)
  lines.close()
}

/** Those that take a word. */
const WITH_A_WORD = ['diagnose', 'break', 'mend', 'status']

async function carriedOut(kept: Kept, screen: Screen, word: string, more: readonly string[]): Promise<void> {
  if (word === '') return
  const verb = VERBS[word]
  if (!verb) return screen.plain(unknownWord(word))
  const most = WITH_A_WORD.includes(word) ? 1 : 0
  if (more.length > most)
    return screen.plain(`${word}: found ${more.join(' ')}, wanted ${most === 1 ? 'one word' : 'no word'} after it`)
  await Promise.try(verb, kept, screen, more[0] ?? '').catch((error: Error) => screen.say(word, error.message, 'bad'))
}

function unknownWord(word: string): string {
  const near = nearest(word, Object.keys(VERBS))
  return near
    ? `"${word}" is no command: "${near}"?`
    : `"${word}" is no command; there are ${Object.keys(VERBS).join(', ')}, quit`
}

function completed(typed: string): [string[], string] {
  const [, fault] = /^(?:break|mend) +(\S*)$/.exec(typed) ?? []
  const word = fault ?? typed
  const known = fault === undefined ? [...Object.keys(VERBS), 'quit'] : faultNames
  return [known.filter((one) => one.startsWith(word)), word]
}

/** A line of the timeline takes the prompt's place, and the prompt comes back below it with what was typed so far. */
function beside(lines: Interface): (write: () => void) => void {
  let due = false
  return (write) => {
    if (!process.stdout.isTTY) return write()
    process.stdout.write('\r\x1b[K')
    write()
    // Once for a burst of lines.
    if (due) return
    due = true
    setImmediate(() => {
      due = false
      lines.prompt(true)
    })
  }
}

async function status({ cloud, site, instanceId }: FaultScene): Promise<[string, string][]> {
  const { instances, queues, topics, commands } = cloud.world.state
  const instance = instances.get(instanceId)
  const answers = await askNameServer(cloud, site.hostname).catch((error: Error) => [error.message])
  // Not a look at it.
  const command = [...commands.values()]
    .filter((one) => one.invocations.has(instanceId) && one.parameters.SiteHash !== undefined)
    .at(-1)
  return [
    ['instance', `${instanceId} is ${instance?.state}, public address ${instance?.publicIp ?? 'none'}`],
    ['record', `${site.hostname} A ${answers.join(', ')}`],
    [
      'host',
      command
        ? `configured by command …${command.id.slice(-6)}: ${command.invocations.get(instanceId)?.status}`
        : 'no command yet',
    ],
    ...[...queues.values()].map((queue): [string, string] => [
      'queue',
      `${queue.arn.split(':').at(-1)}: ${queue.messages.size} messages`,
    ]),
    ...[...topics.values()].map(({ published }): [string, string] => [
      'notices',
      published.length === 0 ? 'none' : `${published.length}, the last one: ${published.at(-1)?.subject}`,
    ]),
  ]
}
