// What a smoke run says that it will do, and when it must not.
import { planSmoke } from '../../../cli/smoke-plan.ts'
import type { Instance, InstanceState } from '../../../functions/lib/domain/instance.ts'

const instance = (id: string, state: InstanceState): Instance => ({
  ...{ id, state, tags: {}, publicIp: state === 'running' ? '203.0.113.10' : undefined },
  ...{ ipv6: undefined, launchTime: 0 },
})
const plan = (instances: readonly Instance[], neighbours: readonly string[] = []) =>
  planSmoke('a.example', { instances, neighbours })

test('what runs is stopped and started again, and nothing else', () =>
  expect(plan([instance('i-1', 'running'), instance('i-2', 'stopped')])).toEqual({
    stop: ['i-1'],
    start: ['i-1'],
    words: [
      '1. stop i-1 (running at 203.0.113.10), until the site is asleep',
      '2. start it again, until the site is live (at another address, unless it has an Elastic IP)',
      '3. look at every hop once more',
      expect.stringContaining('A stop empties instance store volumes'),
    ],
  }))

test('what is stopped is only started', () =>
  expect(plan([instance('i-1', 'stopped')])).toEqual({
    stop: [],
    start: ['i-1'],
    words: [
      '1. start i-1, which is stopped now, until the site is live',
      '2. look at every hop once more; it then runs on, until ./edge down <target>',
    ],
  }))

test.each([
  ['no instance', plan([]), 'found no instance with its tags'],
  [
    'another site on the host',
    plan([instance('i-1', 'running')], ['b.example', 'c.example']),
    'also serves b.example, c.example',
  ],
  [
    'an instance of an Auto Scaling group',
    plan([{ ...instance('i-1', 'running'), tags: { 'aws:autoscaling:groupName': 'web' } }]),
    'i-1 belongs to the Auto Scaling group web, which terminates and replaces what is stopped',
  ],
  ['an instance on its way', plan([instance('i-1', 'stopping')]), 'found i-1 is stopping, wanted running or stopped'],
])('%s: refused', (_, refused, says) => expect(refused).toContain(says))
