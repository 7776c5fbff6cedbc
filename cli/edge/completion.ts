// Words for bash: commands, options of a command, sites that the files declare. Asks nobody.
import { readdirSync } from 'node:fs'
import type { Command } from 'commander'

const SCRIPT = `_edge() {
  mapfile -t COMPREPLY < <(compgen -W "$("$1" completion -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)" -- "\${COMP_WORDS[COMP_CWORD]}")
}
complete -F _edge ./edge edge`

/** Without a line bash's own script; with one the words that may stand where its last word begins. */
export function completion(edge: Command, line: readonly string[]): string {
  if (line.length === 0) return SCRIPT
  const [name = '', ...rest] = line
  const command = rest.length > 0 ? edge.commands.find((one) => one.name() === name) : edge
  if (!command) return ''
  if (command === edge) return edge.commands.map((one) => one.name()).join('\n')
  const options = command.options.filter(({ hidden }) => !hidden).flatMap(({ long }) => long ?? [])
  const [first] = command.registeredArguments
  const isNamed = ['site', 'what'].includes(first?.name() ?? '')
  const choices = command.registeredArguments.flatMap(({ argChoices = [] }) => argChoices)
  return [...(isNamed ? declared() : []), ...choices, ...options, '--help'].join('\n')
}

function declared(): string[] {
  try {
    const files = readdirSync('resources/sites', { recursive: true, encoding: 'utf8' })
    return files.flatMap((file) => /([^/]+)\.json$/.exec(file)?.[1] ?? [])
  } catch {
    return []
  }
}
