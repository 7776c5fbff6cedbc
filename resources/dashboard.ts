// One page of CloudWatch for the whole stage: what is wrong now, how long starts take, and what was done.
import type { Site } from '../functions/lib/domain/site.ts'
import { NAMESPACE, serviceOf } from './alarms.ts'
import { arnOf, type Resources, ref } from './cloudformation.ts'
import { hasDoor, hasIdle } from './functions.ts'

type Series = readonly unknown[]

const metric = (stage: string, functionName: string, name: string, label = name): Series => {
  const { Name, Value } = serviceOf(stage, functionName)
  return [NAMESPACE, name, Name, Value, { label }]
}

const deadLetters = (queue: string): Series => [
  'AWS/SQS',
  'ApproximateNumberOfMessagesVisible',
  'QueueName',
  { 'Fn::GetAtt': [queue, 'QueueName'] },
]

const errors = (functionName: string, logicalId: string): Series => [
  'AWS/Lambda',
  'Errors',
  'FunctionName',
  ref(logicalId),
  { label: functionName },
]

interface Graph {
  readonly title: string
  readonly stat: 'Sum' | 'Maximum' | 'Average'
  readonly metrics: readonly Series[]
}

const graphs = (stage: string, sites: readonly Site[]): readonly Graph[] => [
  {
    title: 'Wrong now',
    stat: 'Maximum',
    metrics: ['OpenProblem', 'BrokenSite', 'StartWithoutSuccess'].map((name) => metric(stage, 'resync', name)),
  },
  { title: 'From start to live (ms)', stat: 'Maximum', metrics: [metric(stage, 'outcome', 'TimeToLive')] },
  {
    title: 'Dead letters',
    stat: 'Maximum',
    metrics: ['DnsDeadLetters', 'HostDeadLetters', 'OutcomeDeadLetters', 'CertificateDeadLetters'].map(deadLetters),
  },
  {
    title: 'Done',
    stat: 'Sum',
    metrics: [
      metric(stage, 'dns-sync', 'RecordsChanged'),
      metric(stage, 'host-config', 'CommandsSent'),
      metric(stage, 'outcome', 'NoticeGiven'),
      metric(stage, 'resync', 'Reconciled'),
      ...(hasIdle(sites) ? [metric(stage, 'idle', 'InstancesStopped')] : []),
      ...(hasDoor(sites) ? [metric(stage, 'door', 'DoorStarts')] : []),
    ],
  },
  {
    title: 'Errors of the functions',
    stat: 'Sum',
    metrics: [
      errors('dns-sync', 'DnsDashsyncLambdaFunction'),
      errors('host-config', 'HostDashconfigLambdaFunction'),
      errors('outcome', 'OutcomeLambdaFunction'),
      errors('resync', 'ResyncLambdaFunction'),
      errors('certificate', 'CertificateLambdaFunction'),
      ...(hasIdle(sites) ? [errors('idle', 'IdleLambdaFunction')] : []),
      ...(hasDoor(sites) ? [errors('door', 'DoorLambdaFunction')] : []),
    ],
  },
]

/** Two graphs a row, below a row of all alarms. */
function widgets(stage: string, alarms: readonly string[], sites: readonly Site[]): unknown[] {
  const status = {
    type: 'alarm',
    x: 0,
    y: 0,
    width: 24,
    height: 3,
    properties: { title: 'Alarms', alarms: alarms.map(arnOf) },
  }
  const drawn = graphs(stage, sites).map(({ title, stat, metrics }, index) => ({
    ...{ type: 'metric', x: (index % 2) * 12, y: 3 + Math.floor(index / 2) * 6, width: 12, height: 6 },
    properties: { title, stat, metrics, view: 'timeSeries', period: 900, region: ref('AWS::Region') },
  }))
  return [status, ...drawn]
}

export const dashboard = (stage: string, alarms: readonly string[], sites: readonly Site[]): Resources => ({
  Dashboard: {
    Type: 'AWS::CloudWatch::Dashboard',
    Properties: {
      DashboardName: `ragstream-edge-${stage}`,
      DashboardBody: joined({ widgets: widgets(stage, alarms, sites) }),
    },
  },
})

/** The body is a text: what CloudFormation fills in stands between its parts. */
function joined(body: unknown): unknown {
  const filled: unknown[] = []
  const text = JSON.stringify(body, (_, value) => {
    if (typeof value !== 'object' || value === null || !('Ref' in value || 'Fn::GetAtt' in value)) return value
    filled.push(value)
    return '\u0000'
  })
  const parts = text.split('\\u0000')
  return { 'Fn::Join': ['', parts.flatMap((part, index) => (index === 0 ? [part] : [filled[index - 1], part]))] }
}
