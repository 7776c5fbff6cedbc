// Every command that asks AWS or the local cloud: its words, what --help says of it, its exit codes, and where it lies.
import { InvalidArgumentError, Option } from 'commander'
import { minutesOf } from '../../functions/lib/domain/fields/idle.ts'
import type { Run } from './scene.ts'

export interface Entry {
  readonly name: string
  readonly alias?: string
  readonly group: 'Every day' | 'Setting up'
  /** `<must>` or `[may]`. */
  readonly words?: readonly string[]
  /** Of the word <what>: it must be one of them. */
  readonly choices?: readonly string[]
  /** The first sentence stands in the list of commands. */
  readonly about: string
  readonly options?: readonly Option[]
  /** What 0, 1 and 2 mean. */
  readonly codes: readonly [string, string, string]
  readonly load: () => Promise<Run>
}

/** Of each word. */
export const ABOUT: Readonly<Record<string, string>> = {
  site: 'the hostname. You may leave it out if only one site is declared',
  hostname: 'the name that visitors type',
  image: 'the name of an image, such as ragstream:1.4.1. It must differ from the one that is chosen now',
  what: 'a site, an instance, or all. You may leave it out if only one site is declared',
  key: 'the name of the variable',
}

const option = (flags: string, about: string) => new Option(flags, about)

const patience = option('--patience <seconds>', 'how long the command waits for the result. A start can take minutes')
  .default(600)
  .argParser((word) => {
    if (!/^[1-9]\d{0,4}$/.test(word)) throw new InvalidArgumentError(`Found ${word}, wanted whole seconds from 1.`)
    return Number(word)
  })

const awakeFor = option(
  '--for <time>',
  'keep it awake for this time, even if nobody uses it, such as 3h or 90m',
).argParser((word) => {
  if (!/^[1-9]\d{0,3}[mh]$/.test(word))
    throw new InvalidArgumentError(`Found ${word}, wanted minutes or hours, such as 3h.`)
  return minutesOf(word)
})

const sites = option('--sites <folder>', 'the folder of the site files').default('resources/sites')
const instance = () => option('--instance <id>', 'the instance, if the account has several')
const image = () => option('--image <name:tag>', 'the image. Without it, init writes a guess')
const yes = option('--yes', 'without asking')

export const COMMANDS: readonly Entry[] = [
  {
    name: 'up',
    group: 'Every day',
    words: ['[site]'],
    about: 'starts the instance, and shows each hop until the site is live',
    options: [awakeFor, patience],
    codes: ['live', 'not in time', 'wrong words, or nothing to start'],
    load: async () => (await import('../power.ts')).up,
  },
  {
    name: 'down',
    group: 'Every day',
    words: ['[site]'],
    about: 'stops the instance, and shows each step until the site is asleep',
    options: [patience],
    codes: ['asleep', 'not in time', 'wrong words, or nothing to stop'],
    load: async () => (await import('../power.ts')).down,
  },
  {
    name: 'status',
    group: 'Every day',
    words: ['[site]'],
    about:
      'shows each site in one line: live, asleep, starting or broken, since when, the hours that it was awake this month, its chosen image, and its last run on the host',
    codes: ['every site is live, asleep or starting', 'a site is broken or not known', 'wrong words'],
    load: async () => (await import('../site/status.ts')).status,
  },
  {
    name: 'rollout',
    group: 'Every day',
    words: ['<site>', '<image>'],
    about:
      'chooses another image, and shows each step of the host until the site is live or the roll-out has failed. It stores the image in a parameter. A deploy does not change this parameter. If the roll-out fails, the old image continues to serve',
    options: [option('--no-wait', 'only write the parameter'), patience],
    codes: [
      'the site is live; or it is asleep, and its next start uses the image',
      'failed, or not live. The output shows the reason',
      'wrong words, or the same image',
    ],
    load: async () => (await import('../site/rollout.ts')).rollout,
  },
  {
    name: 'rollback',
    group: 'Every day',
    words: ['[site]'],
    about: 'rolls out the previous image: the newest image that is not the present one and did not fail',
    options: [option('--no-wait', 'only write the parameter'), patience],
    codes: [
      'the site is live; or it is asleep, and its next start uses the image',
      'failed, or not live. The output shows the reason',
      'nothing to go back to',
    ],
    load: async () => (await import('../site/history.ts')).rollback,
  },
  {
    name: 'history',
    group: 'Every day',
    words: ['[site]'],
    about:
      'lists the chosen images: when each image was chosen, who chose it, and how its roll-out ended. Systems Manager forgets commands after 30 days',
    codes: ['printed', 'AWS did not answer', 'wrong words'],
    load: async () => (await import('../site/history.ts')).history,
  },
  {
    name: 'apply',
    group: 'Every day',
    words: ['[site]'],
    about:
      'runs the document of the host now, for example after a changed secret or list of visitors. It shows each step of the host until the site is live or the run has failed',
    options: [patience],
    codes: ['live, or asleep', 'failed, or not live. The output shows the reason', 'wrong words'],
    load: async () => (await import('../site/rollout.ts')).apply,
  },
  {
    name: 'logs',
    group: 'Every day',
    words: ['[site]'],
    about:
      'prints the last lines of the log of the app, without the values of its secrets. The lines come from the host. Run Command keeps them in its history for 30 days. With --functions the lines come from CloudWatch: the logs of the functions about this site',
    options: [
      option(
        '-f, --follow',
        'wait for new lines. Every 3 s it sends a command to the host, or with --functions reads CloudWatch',
      ),
      option('--since <time>', 'only lines of the last 10m or 2h, for example').argParser((word) => {
        if (!/^[1-9]\d{0,4}[smhd]$/.test(word))
          throw new InvalidArgumentError(`Found ${word}, wanted a time such as 10m.`)
        return word
      }),
      option('--lines <count>', 'at most this number of lines')
        .default(100)
        .argParser((word) => {
          if (!/^[1-9]\d{0,3}$/.test(word)) throw new InvalidArgumentError(`Found ${word}, wanted 1 to 9999.`)
          return Number(word)
        }),
      option('--nginx', 'the log of nginx: requests and errors of all sites of the host').conflicts('service'),
      option('--service', 'the log of ragstream-edge on the host').conflicts('functions'),
      option(
        '--functions',
        'the logs of the functions about this site. Without --since, the lines of the last hour',
      ).conflicts('nginx'),
    ],
    codes: ['printed', 'the host did not answer', 'wrong words, or no instance runs'],
    load: async () => (await import('../site/logs.ts')).logs,
  },
  {
    name: 'secrets',
    group: 'Every day',
    words: ['<what>', '<site>', '[key]'],
    choices: ['list', 'set', 'remove', 'door'],
    about:
      'lists, sets or removes the secrets of the app: SecureStrings at container.secretsPath. It asks for a value without showing it, or reads it from standard input. A value is never part of the command line. Then it asks whether to apply the change. With the word door in place of list, set or remove, it sets the password of the site’s door',
    options: [option('--yes', 'apply it without asking'), patience],
    codes: ['done', 'not applied', 'wrong words'],
    load: async () => (await import('../site/secrets.ts')).secrets,
  },
  {
    name: 'diagnose',
    group: 'Every day',
    words: ['[site]'],
    about: 'names the broken hop of a site and what to do. It changes nothing',
    options: [
      option('--all', 'all declared sites, one sentence each'),
      option('--evidence', 'also a table of every hop, with the time that its probes took'),
    ],
    codes: ['live or asleep', 'broken or not known', 'wrong words'],
    load: async () => (await import('../diagnose.ts')).diagnose,
  },
  {
    name: 'resync',
    group: 'Every day',
    words: ['[what]'],
    about: 'checks records and hosts now, repairs what differs, and reports it',
    options: [
      option('--all', 'all sites. `resync all` does the same'),
      option('--dry-run', 'say what it would repair, change nothing'),
    ],
    codes: ['in sync or mended', 'something cannot be mended', 'wrong words, or nothing of that name'],
    load: async () => (await import('../resync.ts')).resync,
  },
  {
    name: 'init',
    group: 'Setting up',
    words: ['<hostname>'],
    about: 'writes the file of a new site. It finds the zone and the instance in your account',
    options: [
      instance(),
      image(),
      option(
        '--idle <time>',
        'stop the instance when nobody has used it for this time, such as 45m. The option also writes idle.longest: the instance stops 12 h after its start in any case. Without this option nothing stops the instance',
      ),
      sites,
    ],
    codes: ['written', 'AWS did not answer', 'wrong words, or what the account has does not suffice'],
    load: async () => (await import('../doctor/main.ts')).init,
  },
  {
    name: 'import',
    group: 'Setting up',
    words: ['<hostname>'],
    about:
      'writes the file of a site that was set up by hand on a host. It reads the container and the nginx files of the host. It asks first. Then it sends two scripts by AWS-RunShellScript, with your own rights. Both scripts only read. It lists what no field of the file can express, and shows what ragstream-edge would change on the host. It does not read values of variables. If the file of the site exists already, the command only shows what a run would do',
    options: [
      instance(),
      option('--image <name:tag>', 'the image. Without it, the image of the container'),
      sites,
      yes,
    ],
    codes: [
      'the file is written, and the trial run is shown',
      'the host did not answer',
      'wrong words, or nothing is served by hand',
    ],
    load: async () => (await import('../import/main.ts')).importSite,
  },
  {
    name: 'doctor',
    group: 'Setting up',
    about: 'lists what the account lacks for the declared sites, each with the command that repairs it. It only reads',
    options: [
      sites,
      // As the command init.
      ...[option('--init <hostname>', ''), instance(), image()].map((one) => one.hideHelp()),
    ],
    codes: ['ready, as far as it can be seen', 'something to mend', 'wrong words'],
    load: async () => (await import('../doctor/main.ts')).doctor,
  },
  {
    name: 'smoke',
    alias: 'smoke:aws',
    group: 'Setting up',
    words: ['[site]'],
    about:
      'asks you, then stops and starts the instance, and checks every hop. Use it in your first hour in an account: it prints the timeline, a table of times for a GitHub issue, and the broken hop, if there is one. Its rights are in docs/setup.md',
    options: [yes, patience],
    codes: [
      'asleep, then live',
      'not asleep or not live in time. The output names the broken hop',
      'refused, and nothing was touched',
    ],
    load: async () => (await import('../smoke.ts')).smoke,
  },
]
