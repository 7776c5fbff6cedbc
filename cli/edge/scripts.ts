// Programs of this repository that are no command about a site: each is started as it is, with its own words.
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Command } from 'commander'

interface Script {
  readonly group: 'On this machine' | 'For developers' | 'Setting up'
  readonly file: string
  /** Before what was typed. */
  readonly first?: readonly string[]
  readonly about: string
  /** Its words, a line each, with what they mean. */
  readonly words?: string
}

const LEVELS = '[level...]   unit property aws handlers stack fleet host e2e outside picture; none: all of them'
const SLS = 'node_modules/serverless/bin/serverless.js'

export const SCRIPTS: Readonly<Record<string, Script>> = {
  start: {
    ...{ group: 'On this machine', file: 'cli/start/main.ts' },
    about: 'the whole job on a local cloud: packages, deploys, starts the instance, stops it, starts it again',
    words: `--keep       stay up after the run and take commands (help lists them)
--rendered   hosts as folders, even where real machines would be possible
--yes        install missing Debian packages without asking
--verbose    also show each call, each query, and the evidence for each hop`,
  },
  'local:clean': {
    ...{ group: 'On this machine', file: 'local/machine/clean.ts' },
    about: 'removes processes, namespaces and mounts of a run that was killed hard',
  },
  package: {
    ...{ group: 'Setting up', file: SLS, first: ['package'] },
    about: 'makes the stack without deploying it, and tells every mistake of the site files',
    words: '--stage <name>, --region <name>, and those of sls package',
  },
  deploy: {
    ...{ group: 'Setting up', file: SLS, first: ['deploy'] },
    about: 'deploys the stack; its first look then reports every site',
    words: '--stage <name>, --region <name>, and those of sls deploy',
  },
  remove: {
    ...{ group: 'Setting up', file: SLS, first: ['remove'] },
    about: 'takes the stack away, and says what it leaves',
    words: '--stage <name>, --region <name>, and those of sls remove',
  },
  test: {
    ...{ group: 'For developers', file: 'scripts/test.ts' },
    about: 'all tests, level by level',
    words: `${LEVELS}\n--quick      the levels that need no machine and no root, what changed first`,
  },
  'test:quick': {
    ...{ group: 'For developers', file: 'scripts/test.ts', first: ['--quick'] },
    about: 'the levels that need no machine and no root, what changed first',
  },
  'test:soak': {
    ...{ group: 'For developers', file: 'scripts/soak.ts' },
    about: 'the long versions of the tests',
    words:
      '[name...]    property kills reader adopt debian13 silent scan attack workflow outside readme; none: all of them',
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

export type Start = (file: string, words: readonly string[]) => Promise<void>

export function addScripts(edge: Command, start: Start): void {
  for (const [name, { group, file, first = [], about, words }] of Object.entries(SCRIPTS)) {
    const command = edge
      .command(name)
      .helpGroup(group)
      .description(about)
      .usage('[words]')
      .argument('[words...]')
      .configureHelp({ visibleArguments: () => [] })
      .allowUnknownOption()
      .action((typed: string[]) => start(file, [...first, ...typed]))
    if (words) command.addHelpText('after', `\nWords:\n  ${words.replaceAll('\n', '\n  ')}`)
  }
}

/** In this process, so that its signals, its terminal and its end are those of the program. */
export const started: Start = async (file, words) => {
  const script = resolve(file)
  process.argv.splice(1, Number.POSITIVE_INFINITY, script, ...words)
  await import(pathToFileURL(script).href)
}
