// Programs of this repository that are no command about a site: each is started as it is, with its own words.
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Command, Option } from 'commander'
import { SOAKS } from './soaks.ts'

interface Script {
  readonly group: 'On this machine' | 'For developers' | 'Setting up'
  readonly file: string
  /** Before what was typed. */
  readonly first?: readonly string[]
  readonly about: string
  /** It says first what becomes of running hosts. */
  readonly tellsFirst?: 'deploy' | 'remove'
  /** It takes --stage and --region, as the commands about sites do. */
  readonly isAimed?: true
  /** Its words, a line each, with what they mean. */
  readonly words?: string
}

const LEVELS = '[level...]   unit property aws handlers stack fleet host e2e outside picture; none: all of them'
const SLS = 'node_modules/serverless/bin/serverless.js'

export const SCRIPTS: Readonly<Record<string, Script>> = {
  start: {
    ...{ group: 'On this machine', file: 'cli/start/main.ts' },
    about:
      'runs everything on the local cloud: it packages, deploys, starts the instance, stops it, and starts it again',
    words: `--keep       stay up after the run and take commands (help lists them)
--rendered   use a folder for each host, even if real machines are possible
--yes        install missing Debian packages without asking
--door       deploy a site with a door, and visit the site through it at the end
--verbose    also show each call, each query, and the evidence for each hop`,
  },
  'local:clean': {
    ...{ group: 'On this machine', file: 'local/machine/clean.ts' },
    about: 'removes processes, namespaces and mounts of a killed run',
  },
  package: {
    ...{ group: 'Setting up', file: SLS, first: ['package'], isAimed: true },
    about: 'makes the stack without deploying it, and lists every mistake in the site files',
    words: '--stage <name>, --region <name>, and the options of sls package',
  },
  deploy: {
    ...{ group: 'Setting up', file: SLS, first: ['deploy'], tellsFirst: 'deploy', isAimed: true },
    about: 'says what will change on running hosts, deploys the stack, and reports a first look at every site',
    words: '--stage <name>, --region <name>, and the options of sls deploy',
  },
  remove: {
    ...{ group: 'Setting up', file: SLS, first: ['remove'], tellsFirst: 'remove', isAimed: true },
    about: 'says which hosts will continue to serve, removes the stack, and lists what remains',
    words: '--stage <name>, --region <name>, and the options of sls remove',
  },
  test: {
    ...{ group: 'For developers', file: 'scripts/test.ts' },
    about: 'the tests, level by level, without the long ones',
    words: `${LEVELS}\n--quick      the levels that need no machine and no root, what changed first`,
  },
  'test:quick': {
    ...{ group: 'For developers', file: 'scripts/test.ts', first: ['--quick'] },
    about: 'the levels that need no machine and no root, what changed first',
  },
  'test:soak': {
    ...{ group: 'For developers', file: 'scripts/soak.ts' },
    about: 'the long versions of the tests',
    words: `[name...]    ${Object.keys(SOAKS).join(' ')}; none: all of them`,
  },
  e2e: {
    ...{ group: 'For developers', file: 'scripts/test.ts', first: ['e2e', 'picture'] },
    about: 'the levels e2e and picture',
  },
  check: {
    ...{ group: 'For developers', file: 'scripts/check.ts' },
    about: 'everything that reads the code without running it',
  },
  generate: {
    ...{ group: 'For developers', file: 'scripts/generate.ts' },
    about: 'writes the generated pages and files anew',
    words: '--check      write nothing, and fail where one is stale',
  },
  sbom: {
    ...{ group: 'For developers', file: 'scripts/sbom.ts' },
    about: 'lists what is in the bundles, as CycloneDX',
    words: '[folder]     of the packaged stack; .serverless where it is left out',
  },
  bench: {
    ...{ group: 'For developers', file: 'bench/main.ts' },
    about: 'every measurement; writes docs/performance.md',
    words: '[name...]    only these',
  },
  'bench:cold': {
    ...{ group: 'For developers', file: 'bench/cold-start.ts' },
    about: 'the cold starts of the bundles',
    words: '[runs]       of each',
  },
  'bench:diagnose': {
    ...{ group: 'For developers', file: 'bench/diagnose.ts' },
    about: 'what the diagnosis says of each fault; writes docs/performance.md',
    words: '[runs]       of a healthy site',
  },
}

interface Aim {
  readonly stage?: string
  readonly region?: string
}

export type Start = (
  file: string,
  words: readonly string[],
  tellsFirst: Script['tellsFirst'],
  aim: Aim,
) => Promise<void>

export function addScripts(edge: Command, start: Start): void {
  for (const [name, { group, file, first = [], about, words, tellsFirst, isAimed }] of Object.entries(SCRIPTS)) {
    const command = edge
      .command(name)
      .helpGroup(group)
      .description(about)
      .usage('[words]')
      .argument('[words...]')
      .configureHelp({ visibleArguments: () => [] })
      .allowUnknownOption()
      .action((typed: string[], aim: Aim) => start(file, [...first, ...typed, ...aimWords(aim)], tellsFirst, aim))
    if (isAimed)
      for (const flags of ['-s, --stage <name>', '-r, --region <name>']) command.addOption(new Option(flags).hideHelp())
    if (words) command.addHelpText('after', `\nWords:\n  ${words.replaceAll('\n', '\n  ')}`)
  }
}

const aimWords = (aim: Aim): string[] => Object.entries(aim).flatMap(([name, value]) => [`--${name}`, value])

/** In this process, so that its signals, its terminal and its end are those of the program. */
export const started: Start = async (file, words, tellsFirst, { stage = 'prod', region }) => {
  if (tellsFirst) {
    const [{ toldBefore }, { aimAt }] = await Promise.all([import('../deploy/tell.ts'), import('../invoke.ts')])
    const place = await aimAt({ local: false, stage, region }, console.warn)
    for (const line of await toldBefore(tellsFirst, place)) console.log(line)
  }
  const script = resolve(file)
  process.argv.splice(1, Number.POSITIVE_INFINITY, script, ...words)
  await import(pathToFileURL(script).href)
}
