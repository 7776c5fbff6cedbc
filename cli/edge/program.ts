// The tree of commands: words, options, help. What a command does is loaded only when it is to be done, so that --help runs nothing.
import { Argument, Command, Option } from 'commander'
import { ABOUT, COMMANDS, type Entry } from './commands.ts'
import { completion } from './completion.ts'
import { carryOut } from './end.ts'
import type { Run, Words } from './scene.ts'
import { addScripts, type Start, started } from './scripts.ts'

export type Act = (name: string, words: Words, load: () => Promise<Run>) => Promise<void>

/** What is done with words that are right, and with those of a script. */
export function program(act: Act = carryOut, run: Start = started): Command {
  const edge = new Command('./edge')
    .description('One command for every day of a site. --help after any command tells its words, and runs nothing.')
    .exitOverride()
    .showHelpAfterError('--help after the command tells its words')
    .configureHelp({ helpWidth: 100 })
    .helpCommand(false)
    .helpOption('-h, --help', 'this text')
    .addHelpText('after', '\nIn bash, to have words completed: eval "$(./edge completion)"')
  for (const entry of COMMANDS) add(edge, entry, act)
  addScripts(edge, run)
  edge
    .command('completion')
    .helpGroup('Setting up')
    .description('prints what makes bash complete words')
    .argument('[words...]', 'for bash itself: the line as typed so far')
    .action((words: string[]) => console.log(completion(edge, words)))
  return edge
}

function add(
  edge: Command,
  { name, words = [], about, options = [], codes, load, alias, group, choices }: Entry,
  act: Act,
) {
  const command = edge
    .command(name)
    .helpGroup(group)
    .summary(about.split('. ')[0]!.replace(/\.$/, ''))
    .description(about)
    .addHelpText('after', `\nexit code 0: ${codes[0]}, 1: ${codes[1]}, 2: ${codes[2]}`)
  if (alias) command.alias(alias)
  const taken = words.map((word) =>
    choices && word === '<what>' ? new Argument(word).choices(choices) : new Argument(word, ABOUT[nameOf(word)]),
  )
  for (const argument of taken) command.addArgument(argument)
  for (const option of [...options, ...TARGET()]) command.addOption(option)
  command.action(async () => {
    const given = taken.map((argument, index) => [argument.name(), command.processedArgs[index]] as const)
    await act(name, { ...Object.fromEntries(given), ...command.opts() }, load)
  })
}

export const nameOf = (word: string): string => word.replaceAll(/[^a-z]/g, '')

/** What every command takes. */
export const TARGET = () => [
  new Option('--local', 'use the local cloud in place of AWS. Start it first: ./edge start --keep'),
  new Option('--stage <name>', 'prod by default'),
  new Option('--region <name>', 'by default AWS_REGION, or the region of the profile'),
  new Option('--json', 'one object on standard output, for programs'),
]
