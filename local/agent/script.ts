// From a document step and a command's parameters to the script that runs, as agents before 3.3.2746.0 made it: values
// are pasted as text, and only the patterns stand between a value and the shell.
import type { DocumentContent, DocumentStep } from '../world/types.ts'

export type Parameters = Readonly<Record<string, readonly string[]>>

/** One sentence for each value that the document does not allow. */
export function parameterProblems(content: DocumentContent, parameters: Parameters): string[] {
  return Object.entries(content.parameters ?? {}).flatMap(([name, { allowedPattern, allowedValues }]) => {
    const values = parameters[name] ?? []
    if (values.length === 0) return [`Parameter ${name} is missing`]
    return values.flatMap((value) => {
      const fits = allowedPattern === undefined || new RegExp(allowedPattern).test(value)
      const listed = allowedValues === undefined || allowedValues.includes(value)
      if (fits && listed) return []
      return [`Parameter ${name} has a value that is not allowed: ${JSON.stringify(value)}`]
    })
  })
}

/** `{{ Name }}` becomes the value, wherever it stands; a name that is no parameter stays as it is. */
export function paste(text: string, parameters: Parameters): string {
  return text.replace(/\{\{\s*(\w+)\s*\}\}/g, (found, name: string) => parameters[name]?.join(',') ?? found)
}

/** A line that is nothing but a parameter is as many lines as that has values. */
const listIn = (line: string, parameters: Parameters): readonly string[] | undefined =>
  parameters[/^\{\{\s*(\w+)\s*\}\}$/.exec(line)?.[1] ?? '']

export interface Script {
  readonly interpreter: 'bash' | 'sh'
  readonly text: string
  readonly timeoutMs: number
}

/** The agent writes the lines to a file and lets `sh` run it, so that a shebang decides. 3,600 s unless the step says else. */
export function stepScript(step: DocumentStep, parameters: Parameters): Script {
  const lines = step.inputs.runCommand.flatMap((line) => listIn(line, parameters) ?? line)
  const text = paste(lines.join('\n'), parameters)
  const seconds = Number(paste(String(step.inputs.timeoutSeconds ?? 3600), parameters))
  return { interpreter: /^#!.*\bbash\b/.test(text) ? 'bash' : 'sh', text, timeoutMs: seconds * 1000 }
}
