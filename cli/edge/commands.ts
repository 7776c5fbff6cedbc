// Every command that asks AWS or the local cloud: its words, what --help says of it, its exit codes, and where it lies.
import { InvalidArgumentError, Option } from 'commander'
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
  site: 'the hostname; may be left out where one site is declared',
  hostname: 'the name that visitors type',
  image: 'a name of the image, another than the one that is chosen now, such as ragstream:1.4.1',
  what: 'a site, an instance, or all',
  key: 'the name of the variable',
}

const option = (flags: string, about: string) => new Option(flags, about)

const patience = option('--patience <seconds>', 'how long to wait; an agent can take minutes to register')
  .default(600)
  .argParser((word) => {
    if (!/^[1-9]\d{0,4}$/.test(word)) throw new InvalidArgumentError(`Found ${word}, wanted whole seconds from 1.`)
    return Number(word)
  })

const sites = option('--sites <folder>', 'of the site files').default('resources/sites')
const instance = () => option('--instance <id>', 'which, where the account has several')
const image = () => option('--image <name:tag>', 'else a guess')
const yes = option('--yes', 'without asking')

export const COMMANDS: readonly Entry[] = [
  {
    name: 'up',
    group: 'Every day',
    words: ['[site]'],
    about: 'starts the instance, and follows it hop by hop until the site is live',
    options: [patience],
    codes: ['live', 'not in time', 'wrong words, or nothing to start'],
    load: async () => (await import('../power.ts')).up,
  },
  {
    name: 'down',
    group: 'Every day',
    words: ['[site]'],
    about: 'stops the instance, and follows it until the site is asleep',
    options: [patience],
    codes: ['asleep', 'not in time', 'wrong words, or nothing to stop'],
    load: async () => (await import('../power.ts')).down,
  },
  {
    name: 'status',
    group: 'Every day',
    words: ['[site]'],
    about:
      'tells of each site in one line whether it is live, asleep, starting or broken, since when, its image, its last command',
    codes: ['every site is live, asleep or starting', 'one is broken or not known', 'wrong words'],
    load: async () => (await import('../site/status.ts')).status,
  },
  {
    name: 'rollout',
    group: 'Every day',
    words: ['<site>', '<image>'],
    about:
      'chooses another image, and follows the host to live or failed. It writes the parameter of the image, which every deploy leaves as it is. What fails leaves the old image serving',
    options: [option('--no-wait', 'only write the parameter'), patience],
    codes: [
      'live, or asleep and chosen for the next start',
      'failed: the log’s tail says why',
      'wrong words, or the same image',
    ],
    load: async () => (await import('../site/rollout.ts')).rollout,
  },
  {
    name: 'rollback',
    group: 'Every day',
    words: ['[site]'],
    about: 'goes back to the image before, the newest that did not fail, as rollout does',
    options: [option('--no-wait', 'only write the parameter'), patience],
    codes: [
      'live, or asleep and chosen for the next start',
      'failed: the log’s tail says why',
      'nothing to go back to',
    ],
    load: async () => (await import('../site/history.ts')).rollback,
  },
  {
    name: 'history',
    group: 'Every day',
    words: ['[site]'],
    about:
      'lists the images that were chosen, when, by whom, and what became of each. Systems Manager forgets commands after 30 days',
    codes: ['told', 'AWS did not answer', 'wrong words'],
    load: async () => (await import('../site/history.ts')).history,
  },
  {
    name: 'apply',
    group: 'Every day',
    words: ['[site]'],
    about:
      'runs the host’s document now, as after a rotated secret or a new list of visitors, and follows it to live or failed',
    options: [patience],
    codes: ['live, or asleep', 'failed: the log’s tail says why', 'wrong words'],
    load: async () => (await import('../site/rollout.ts')).apply,
  },
  {
    name: 'logs',
    group: 'Every day',
    words: ['[site]'],
    about:
      'prints the last lines of the app’s log, read on its host, without the values of its secrets. They lie in Run Command’s history for 30 days. The functions’ own logs: aws logs tail',
    options: [
      option('-f, --follow', 'go on with what is new; each look is a command'),
      option('--since <time>', 'such as 10m or 2h').argParser((word) => {
        if (!/^[1-9]\d{0,4}[smhd]$/.test(word))
          throw new InvalidArgumentError(`Found ${word}, wanted a time such as 10m.`)
        return word
      }),
      option('--lines <count>', 'at most so many')
        .default(100)
        .argParser((word) => {
          if (!/^[1-9]\d{0,3}$/.test(word)) throw new InvalidArgumentError(`Found ${word}, wanted 1 to 9999.`)
          return Number(word)
        }),
      option('--nginx', 'of nginx: requests and errors of all sites of the host').conflicts('service'),
      option('--service', 'of ragstream-edge on the host'),
    ],
    codes: ['told', 'the host did not answer', 'wrong words, or no instance runs'],
    load: async () => (await import('../site/logs.ts')).logs,
  },
  {
    name: 'secrets',
    group: 'Every day',
    words: ['<what>', '<site>', '[key]'],
    choices: ['list', 'set', 'remove'],
    about:
      'lists, sets or removes the secrets of the app: SecureStrings at container.secretsPath. A value comes from a prompt without echo or from standard input, never from the command line; apply then brings it to the app',
    options: [option('--yes', 'apply it without asking'), patience],
    codes: ['done', 'not applied', 'wrong words'],
    load: async () => (await import('../site/secrets.ts')).secrets,
  },
  {
    name: 'diagnose',
    group: 'Every day',
    words: ['[site]'],
    about: 'names the broken hop of a site and what to do. Changes nothing',
    options: [
      option('--all', 'every declared site, a sentence each'),
      option('--evidence', 'also a table of every hop, with the time that its probes took'),
    ],
    codes: ['live or asleep', 'broken or not known', 'wrong words'],
    load: async () => (await import('../diagnose.ts')).diagnose,
  },
  {
    name: 'resync',
    group: 'Every day',
    words: ['[what]'],
    about: 'looks at records and hosts now, mends what no event told, and reports it',
    options: [
      option('--all', 'every site, as the word all'),
      option('--dry-run', 'say what would be mended, change nothing'),
    ],
    codes: ['in sync or mended', 'something cannot be mended', 'wrong words, or nothing of that name'],
    load: async () => (await import('../resync.ts')).resync,
  },
  {
    name: 'init',
    group: 'Setting up',
    words: ['<hostname>'],
    about: 'writes a site’s file from the zone and the instance that the account has',
    options: [instance(), image(), sites],
    codes: ['written', 'AWS did not answer', 'wrong words, or what the account has does not suffice'],
    load: async () => (await import('../doctor/main.ts')).init,
  },
  {
    name: 'doctor',
    group: 'Setting up',
    about: 'tells what the account lacks for the declared sites, each with the command that mends it. Reads only',
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
      'stops and starts the instance after a yes, and looks at every hop. For the first hour in an account: it prints the timeline, and ends with what was broken, if anything. It takes the rights ssm:GetParametersByPath, ec2:DescribeInstances, ec2:StopInstances, ec2:StartInstances and lambda:InvokeFunction',
    options: [yes, patience],
    codes: ['asleep, then live', 'not so in time, with the broken hop', 'refused, and nothing was touched'],
    load: async () => (await import('../smoke.ts')).smoke,
  },
]
