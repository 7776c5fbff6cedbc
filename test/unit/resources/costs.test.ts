// The costs of docs/cost.md are worked out by hand: what can be counted in the stack is held here.
import { readFileSync } from 'node:fs'
import { resources } from '../../../resources/index.ts'

/** Of the public price list: USD a month for each above the free ones. */
const FREE = 10
const ALARM = 0.1
const METRIC = 0.3

const page = readFileSync('docs/cost.md', 'utf8')
const [, alarms = '', metrics = '', least = '', most = ''] =
  /\| CloudWatch \| (\d+) alarms, a dashboard, up to (\d+) metrics[^|]*\| ([\d.]+) to ([\d.]+) \|/.exec(page) ?? []

test('as many alarms as the stack has', () => {
  const made = Object.values(resources('prod').Resources).filter(({ Type }) => Type === 'AWS::CloudWatch::Alarm')
  expect(Number(alarms)).toBe(made.length)
})

test('what is beyond the free ten: the alarms at least, with every metric at most', () => {
  const ofAlarms = (Number(alarms) - FREE) * ALARM
  expect(least).toBe(ofAlarms.toFixed(2))
  expect(most).toBe((ofAlarms + (Number(metrics) - FREE) * METRIC).toFixed(2))
})
