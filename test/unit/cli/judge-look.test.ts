// What the doctor says of a host, of what the host said of itself at the last look of a function.
import type { AccountInstance } from '../../../cli/doctor/account.ts'
import { judgeLook } from '../../../cli/doctor/judge-look.ts'
import type { Inspection } from '../../../functions/lib/hosts/inspection.ts'
import { anInspection } from '../../support/inspection.ts'

const at = Date.parse('2026-11-03T09:00:00Z')
const instance = { id: 'i-1', state: 'running' } as AccountInstance
const seen = (fields: Partial<Inspection>) => ({ value: { at, inspection: anInspection(fields) } })
const free = (says: string) => ({ kind: 'ok', subject: 'host', says: `i-1 at 2026-11-03T09:00:00.000Z: ${says}` })

test.each<[string, Parameters<typeof judgeLook>[1], unknown[]]>([
  ['all is well', seen({ keptApart: true, diskFreeMb: 20_480 }), [free('20480 MB of disk are free')]],
  ['the host could not tell', seen({ keptApart: null, diskFreeMb: null }), [free('its free disk is not known')]],
  [
    'Docker keeps containers not apart',
    seen({ keptApart: false, diskFreeMb: 1024 }),
    [
      free('1024 MB of disk are free'),
      {
        kind: 'problem',
        subject: 'host',
        says: 'i-1: Docker was told iptables: false, and keeps the containers of this host not apart',
        fix: 'on the host, remove "iptables" from /etc/docker/daemon.json, then `systemctl restart docker`',
      },
    ],
  ],
  [
    'its disk is nearly full',
    seen({ keptApart: true, diskFreeMb: 1023 }),
    [
      free('1023 MB of disk are free'),
      expect.objectContaining({
        kind: 'problem',
        says: 'i-1: 1023 MB are free where Docker keeps images: the next one may not fit',
      }),
    ],
  ],
  [
    'nobody looked',
    { value: undefined },
    [
      {
        kind: 'note',
        subject: 'host',
        says: 'no function looked at i-1 in the last hour: its free disk and the settings of its Docker are not known',
        fix: 'after the deploy: ./edge diagnose app.example.com <target>, then the doctor again',
      },
    ],
  ],
  [
    'who asks may not read it',
    { error: Object.assign(new Error('no'), { name: 'AccessDeniedException' }) },
    [expect.objectContaining({ kind: 'problem', fix: expect.stringContaining('ssm:GetCommandInvocation') })],
  ],
])('%s', (_, look, lines) => {
  expect(judgeLook(instance, look, 'app.example.com')).toEqual(lines)
})

test('of an instance that does not run nothing is said', () => {
  expect(judgeLook({ ...instance, state: 'stopped' }, seen({ keptApart: false }), 'app.example.com')).toEqual([])
})
