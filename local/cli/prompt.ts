// Commands of a cloud that stays up.
import { createInterface } from 'node:readline/promises'
import type { LocalCloud } from '../cloud.ts'
import { askNameServer, type DeclaredSite, startInstance, stopInstance } from './scenario.ts'
import type { Screen } from './screen.ts'

export interface Kept {
  readonly cloud: LocalCloud
  readonly site: DeclaredSite
  readonly instanceId: string
}

const HELP = `start    start the instance and follow it until the name leads there
stop     stop it, and see the name parked
status   instance, record, host, queues
resync   what the schedule does every 15 minutes: look at everything
help     this list
quit     take everything down (also Ctrl-C)`

type Verb = (kept: Kept, screen: Screen) => Promise<void> | void

const VERBS: Readonly<Record<string, Verb>> = {
  start: async ({ cloud, site, instanceId }, screen) => {
    const { address } = await startInstance(cloud, site, instanceId)
    screen.say('live', `${site.hostname} -> ${address}`, 'good')
  },
  stop: async ({ cloud, site, instanceId }, screen) => {
    const values = await stopInstance(cloud, site, instanceId)
    screen.say('parked', `${site.hostname} -> ${values.join(', ')}`)
  },
  status: async (kept, screen) => {
    for (const [name, value] of await status(kept)) screen.say(name, value)
  },
  resync: async ({ cloud }, screen) => {
    cloud.stack.triggerSchedule('ReconcileRule')
    await cloud.stack.idle()
    screen.say('resync', 'everything has been looked at')
  },
  help: (_, screen) => screen.plain(HELP),
}

/** Reads commands until `quit` or the end of input. */
export async function takeCommands(kept: Kept, screen: Screen): Promise<void> {
  screen.plain(`\n${HELP}\n`)
  const lines = createInterface({ input: process.stdin, output: process.stdout, prompt: 'ragstream-edge> ' })
  lines.prompt()
  for await (const words of lines) {
    const word = words.trim()
    if (word === 'quit' || word === 'exit') break
    const verb = VERBS[word]
    if (verb) await Promise.resolve(verb(kept, screen)).catch((error: Error) => screen.say(word, error.message, 'bad'))
    else if (word !== '') screen.plain(`"${word}" is no command; there are ${Object.keys(VERBS).join(', ')}, quit`)
    lines.prompt()
  }
  lines.close()
}

async function status({ cloud, site, instanceId }: Kept): Promise<[string, string][]> {
  const { instances, queues, commands } = cloud.world.state
  const instance = instances.get(instanceId)
  const answers = await askNameServer(cloud, site.hostname).catch((error: Error) => [error.message])
  const command = [...commands.values()].filter((one) => one.invocations.has(instanceId)).at(-1)
  return [
    ['instance', `${instanceId} is ${instance?.state}, public address ${instance?.publicIp ?? 'none'}`],
    ['record', `${site.hostname} A ${answers.join(', ')}`],
    [
      'host',
      command ? `command ${command.id.slice(0, 8)}: ${command.invocations.get(instanceId)?.status}` : 'no command yet',
    ],
    ...[...queues.values()].map((queue): [string, string] => [
      'queue',
      `${queue.arn.split(':').at(-1)}: ${queue.messages.size} messages`,
    ]),
  ]
}
