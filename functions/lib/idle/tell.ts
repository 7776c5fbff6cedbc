// What a look at the use of instances found, in the log, as figures and as the answer to a person.
import type { ReportedProblems } from '../domain/news.ts'
import { toReported } from '../domain/news.ts'
import type { Telemetry } from '../steps/telemetry.ts'
import { describePlannedIdle } from './plan.ts'
import type { IdleReport } from './ports.ts'

export function tellIdle({ plan, stopped }: IdleReport, telemetry: Telemetry): void {
  for (const planned of plan) telemetry.info(describePlannedIdle(planned), { start: planned.start })
  telemetry.count('InstancesStopped', stopped.length)
}

/** What outcome is told: of the sites whose problems have changed, everything. */
export const newsOf = ({ problems, judged }: IdleReport): ReportedProblems => ({
  ...{ kind: 'findings', sources: ['idle'], sites: [...new Set(judged)] },
  findings: problems.filter(({ site }) => judged.includes(site)).map((one) => toReported(one, 'idle', true)),
})

const idleLines = ({ plan }: Pick<IdleReport, 'plan'>): string[] =>
  plan.length === 0 ? ['no instance of the stage runs'] : plan.map(describePlannedIdle)

export interface IdleAnswer extends Pick<IdleReport, 'plan' | 'stopped'> {
  readonly report: readonly string[]
}

export const answerOf = (report: IdleReport): IdleAnswer => ({
  report: idleLines(report),
  plan: report.plan,
  stopped: report.stopped,
})
