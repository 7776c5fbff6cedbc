// Carries out one command on the machine: its steps in order, each complete line passed on at once.
import type { Machine } from '../machine/types.ts'
import type { Action, Command } from '../world/types.ts'
import { parameterProblems, type Script, stepScript } from './script.ts'

/** What an agent reports of an invocation; null: the host went down under it, and nobody is left to report. */
export type Report = Pick<
  Extract<Action, { type: 'EndInvocation' }>,
  'status' | 'responseCode' | 'stdout' | 'stderr'
> | null

type Result = NonNullable<Report>

/** GetCommandInvocation keeps the first 24,000 characters of standard output and 8,000 of standard error. */
const KEPT = { stdout: 24_000, stderr: 8_000 }

export async function runCommand(machine: Machine, command: Command, onLine: (line: string) => void): Promise<Report> {
  const problems = parameterProblems(command.content, command.parameters)
  if (problems.length > 0) return { status: 'Failed', responseCode: 1, stdout: '', stderr: `${problems.join('\n')}\n` }
  let report: Result = { status: 'Success', responseCode: 0, stdout: '', stderr: '' }
  for (const step of command.content.mainSteps) {
    const result = await runScript(machine, stepScript(step, command.parameters), onLine)
    if (result === null) return null
    report = { ...result, stdout: report.stdout + result.stdout, stderr: report.stderr + result.stderr }
    if (report.status !== 'Success') break
  }
  return { ...report, stdout: report.stdout.slice(0, KEPT.stdout), stderr: report.stderr.slice(0, KEPT.stderr) }
}

async function runScript(machine: Machine, script: Script, onLine: (line: string) => void): Promise<Report> {
  const lines = lineSplitter(onLine)
  const result = await machine
    .exec([script.interpreter, '-c', script.text], {
      timeoutMs: script.timeoutMs,
      onOutput: (stream, text) => stream === 'stdout' && lines.push(text),
    })
    .catch(nullUnlessUp(machine))
  if (result === null) return null
  lines.end()
  const { exitCode, timedOut, stdout, stderr } = result
  if (timedOut) return { status: 'TimedOut', responseCode: -1, stdout, stderr }
  if (exitCode === null && !machine.running) return null
  return { status: exitCode === 0 ? 'Success' : 'Failed', responseCode: exitCode ?? -1, stdout, stderr }
}

/** `exec` rejects on a host that went down a moment before. */
function nullUnlessUp(machine: Machine): (error: unknown) => null {
  return (error) => {
    if (machine.running) throw error
    return null
  }
}

function lineSplitter(onLine: (line: string) => void): { push(text: string): void; end(): void } {
  let rest = ''
  return {
    push(text) {
      const lines = (rest + text).split('\n')
      rest = lines.pop() ?? ''
      lines.forEach(onLine)
    },
    end() {
      if (rest !== '') onLine(rest)
      rest = ''
    },
  }
}
