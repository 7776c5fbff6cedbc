// What a person sees of a start: what changed, and no inner state.
import { describeHappening } from '../../../cli/start/timeline.ts'

type Happening = Parameters<typeof describeHappening>[0]
const shown = (happening: object, verbose = false) => describeHappening(happening as Happening, verbose)?.what

const host = (line: string) => ({ kind: 'host', instanceId: 'i-1', line })
const log = (name: string, message: string, level = 'INFO') => ({
  ...{ kind: 'log', function: name },
  line: JSON.stringify({ level, message }),
})
const command = (document: string) => ({
  kind: 'event',
  event: {
    'detail-type': 'EC2 Command Invocation Status-change Notification',
    detail: {
      ...{ 'command-id': '00000000-0000-4000-8000-00000000abcd', 'instance-id': 'i-1', status: 'Success' },
      'document-name': document,
    },
  },
})

test.each<[string, object, string | undefined]>([
  ['what changed', host('step=nginx result=changed'), 'step=nginx result=changed'],
  ['what failed', host('step=nginx result=failed'), 'step=nginx result=failed'],
  ['the end', host('step=done result=unchanged'), 'step=done result=unchanged'],
  ['what is as it was', host('step=packages result=unchanged'), undefined],
  ['a command, by its last digits', command('ragstream-edge-prod-ConfigureHost-1'), 'command …00abcd on i-1: Success'],
  ['a look', command('ragstream-edge-prod-InspectHost-1'), undefined],
  ['an inner state', log('outcome', 'wait i-1: the record is not INSYNC yet'), undefined],
  ['what is kept', log('dns-sync', 'keep A a.example'), 'keep A a.example'],
  [
    'an agent that takes its time',
    log('host-config', 'AgentNotRegistered: i-1 of a.example: its SSM agent is not registered with Systems Manager'),
    'waits for the agent of i-1',
  ],
])('%s', (_, happening, wanted) => {
  expect(shown(happening)).toBe(wanted)
  expect(shown(happening, true)).toBeDefined()
})
