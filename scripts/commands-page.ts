// docs/commands.md: what --help of each command says, in one page.
import { ABOUT, COMMANDS, type Entry } from '../cli/edge/commands.ts'
import { nameOf, TARGET } from '../cli/edge/program.ts'
import { SCRIPTS } from '../cli/edge/scripts.ts'

export const commandsPage = (): string => `# Commands

<!-- Generated from cli/edge/commands.ts by scripts/generate.ts: change it there. -->

Type \`./edge <command>\` in your clone of this repository, or \`npm run edge -- <command>\`. With \`--help\`, a command only prints its arguments and options. \`./edge --help\` also lists
the programs for developers. You may leave out the site if only one site is declared. For completion in bash: \`eval "$(./edge completion)"\`.

Every command of the first table takes these options:

${TARGET()
  .map((option) => `- ${sayOption(option)}`)
  .join('\n')}

Exit code 2 means that you can correct the cause yourself: an argument is wrong, or there is no site for the command.

With \`--json\`, standard output is one object. It has \`command\` and \`code\` (the exit code). If there is no answer, it has \`error\`. The other keys are the result of the command.

| command | does | exit code 0 means | exit code 1 means |
| --- | --- | --- | --- |
${COMMANDS.map(row).join('\n')}

These commands are programs of this repository. Each takes only the options in its row, and \`--help\`. \`sls\` is the command of [osls](adr/0001-cli-fork.md), which packages and deploys the stack:

| command | does | options |
| --- | --- | --- |
${Object.entries(SCRIPTS)
  .filter(([, { group }]) => group !== 'For developers')
  .map(
    ([name, { about, words = '-' }]) => `| \`${name}\` | ${about} | ${words.split('\n').map(sayWords).join('<br>')} |`,
  )
  .join('\n')}
`

/** `--keep   stay up` as an option and what it means. */
const sayWords = (line: string): string =>
  line.replace(/^(--\S+) {2,}(.*)$/, '`$1`: $2').replaceAll(/--\w+ <\w+>/g, '`$&`')

const sayOption = (option: { readonly flags: string; readonly description: string }): string =>
  `\`${option.flags}\`${option.description ? ` (${option.description})` : ''}`

function row({ name, words = [], about, options = [], codes, choices }: Entry): string {
  const shown = options.filter(({ hidden }) => !hidden).map(sayOption)
  const told = words.flatMap((word) => {
    const meaning = choices && word === '<what>' ? choices.join(', ') : ABOUT[nameOf(word)]
    return meaning && !word.includes('site') ? [`\`${word}\`: ${meaning}`] : []
  })
  const more = [...told, ...shown].join('<br>')
  const cells = [`\`${[name, ...words].join(' ')}\``, `${about}${more ? `.<br>${more}` : ''}`, codes[0], codes[1]]
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
}
