// Harder demands on milder schedules: where nothing is lost, events alone must make the records right.
import { type Scenario, SILENT_ACTS } from './scenario.ts'

/** Schedules in which events alone must do: none is lost, each change has one, and all was right at first. */
export const calm = (scenario: Scenario): Scenario => ({
  ...scenario,
  records: ['right'],
  acts: scenario.acts.filter(({ kind }) => !SILENT_ACTS.some((silent) => silent === kind)),
  deliveries: scenario.deliveries.map(({ delay, copies }) => ({ delay, copies: Math.max(1, copies) })),
  staleness: 0,
  reconcileAfter: null,
})

/** Few instances that start and stop faster than the runs about them end: what one run saw is over when it writes. */
export const hasty = (scenario: Scenario): Scenario => ({
  ...calm(scenario),
  sites: scenario.sites.slice(0, 3).map((site) => ({ ...site, selector: site.selector % 2, misplaced: false })),
  instances: scenario.instances.slice(0, 2).map((instance) => ({ ...instance, name: instance.name % 2 })),
  acts: scenario.acts.map((act) => ({
    ...act,
    kind: act.which % 2 === 0 ? 'start' : 'stop',
    after: act.after % 8_000,
  })),
  deliveries: scenario.deliveries.map(({ delay }) => ({ delay: delay % 300, copies: 1 })),
  pollers: 4,
  batchSize: 1,
  window: 0,
})

export const isCalm = (scenario: Scenario): boolean =>
  scenario.records.every((kind) => kind === 'right') &&
  scenario.acts.every(({ kind }) => !SILENT_ACTS.some((silent) => silent === kind)) &&
  scenario.deliveries.every(({ copies }) => copies > 0) &&
  scenario.staleness === 0 &&
  scenario.reconcileAfter === null
