// What a command left behind on its host, and what the last lines of its output say.
import { plainLines } from '../domain/plain-text.ts'

/** One command on one instance, as Systems Manager shows it. */
export interface CommandEnd {
  readonly commandId: string
  readonly instanceId: string
  /** The service's word, in detail: `Failed`, `DeliveryTimedOut`, `Undeliverable`, `ExecutionTimedOut`, `Cancelled`. */
  readonly details: string
  readonly stdout: string
  readonly stderr: string
}

export interface FailedStep {
  readonly step: string
  readonly reason: string
  readonly hint: string
}

const FAILED = /^step=(\S+) result=failed(.*)$/

/** Of the last line `step=… result=failed reason="…" hint="…"`; undefined where the run ended without one. */
export function failedStep(stdout: string): FailedStep | undefined {
  const [, step = '', rest = ''] =
    lines(stdout)
      .findLast((line) => FAILED.test(line))
      ?.match(FAILED) ?? []
  if (!step) return undefined
  const value = (key: string) => {
    const [, quoted, plain = ''] = new RegExp(`(?:^| )${key}=(?:"([^"]*)"|(\\S+))`).exec(rest) ?? []
    return quoted ?? plain
  }
  return { step, reason: value('reason'), hint: value('hint') }
}

/** The last lines of what it printed, errors after the output. */
export function logTail({ stdout, stderr }: CommandEnd, most = 12): string[] {
  return [...lines(stdout), ...lines(stderr).slice(-most / 2)].slice(-most).map((line) => line.slice(0, 300))
}

const lines = (text: string): string[] =>
  plainLines(text)
    .split('\n')
    .filter((line) => line.trim() !== '')

/** Steps whose failures a person has to mend: a second run would only fail again. */
export const FOR_A_PERSON: ReadonlySet<string> = new Set([
  'inputs',
  'port-80',
  'port-443',
  'host-port',
  'default',
  'server-name',
  'container-files',
  'metadata',
  'nginx-test',
])

/** Whether another run may succeed: what the host lost, or what a registry or package server did not give just now. */
export const mayPass = (end: CommandEnd): boolean => !FOR_A_PERSON.has(failedStep(end.stdout)?.step ?? '')
