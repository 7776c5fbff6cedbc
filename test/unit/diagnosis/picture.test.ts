// The picture of a diagnosis, as a person reads it in a mail.
import { judge } from '../../../functions/lib/diagnosis/judge.ts'
import { observationOf } from '../../support/diagnosed.ts'
import { aSite } from '../../support/domain.ts'
import { healthy } from '../../support/observation.ts'

test('healthy', () =>
  expect(judge(healthy(), 1_234).path).toEqual([
    ' visitor of app.example.com                    LIVE, 2026-11-23T08:10:00Z, 1.2 s',
    '  |',
    '[ ok ] instance        i-00000000000000001 runs since 2026-11-23T08:00:00Z,',
    '                       agent Online, configure-host Success',
    '[ ok ] public address  203.0.113.1',
    '[ ok ] record          A 203.0.113.1, TTL 60; 1 of 1 name servers say so',
    '[ ok ] resolvers       1.1.1.1: 203.0.113.1 for 42 s',
    '[ ok ] route           rtb-1 (main): 0.0.0.0/0 -> igw-1',
    '[ ok ] network ACL     acl-1',
    '[ ok ] security group  sg-1',
    '[ ok ] port 80         open from outside in 10 ms',
    '[ ok ] nginx           nginx 1.22.1; an unknown Host gets no answer',
    '[ ok ] container       ragstream:1.4.0 running, 127.0.0.1:8501->8501/tcp',
    '[ ok ] app             /_stcore/health says ok, seen from outside',
    '[ ok ] websocket       101 at /_stcore/stream, seen from outside',
    '  |',
    ' page',
  ]))

test('two faults: both marked, each with what to do; what is behind them is not reached', () => {
  const { path } = judge(observationOf('security-group-closed', 'container-down'), 2_000)
  expect(path.filter((line) => line.includes('BROKEN'))).toEqual([
    ' visitor of app.example.com                  BROKEN, 2026-11-23T08:10:00Z, 2.0 s',
    '[ ## ]>security group  <== BROKEN',
    '[ ## ]>container       <== BROKEN',
  ])
  expect(path.join('\n')).toContain(
    '  |    security-group-closed: no rule of sg-1 admits TCP 80\n' +
      '  |    do: aws ec2 authorize-security-group-ingress --region eu-central-1\n' +
      '  |      --group-id sg-1 --protocol tcp --port 80 --cidr 0.0.0.0/0\n',
  )
  expect(path).toContain('[ .. ] port 80         silent')
})

test('what breaks nothing stands below the page', () => {
  const { path } = judge(observationOf('app-port-open'), 2_000)
  const [, after] = path.join('\n').split('\n page\n')
  expect(after).toMatch(/^\n {2}\| {4}app-port-open: a security group admits TCP 8501 from 0.0.0.0\/0\n/)
})

test('a name of 253 characters: at most 80 columns', () => {
  const label = 'a'.repeat(63)
  const hostname = `${label}.${label}.${label}.${'b'.repeat(57)}.com`
  const { path } = judge(healthy({ site: aSite(hostname) }), 1)
  expect(path.filter((line) => line.length > 80)).toEqual([])
  expect(path[1]).toContain('BROKEN, 2026')
})
