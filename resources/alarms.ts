// Where trouble ends up: a topic that maintainers subscribe to, and an alarm for every place where work can be lost.
import type { Site } from '../functions/lib/domain/site.ts'
import { arnOf, type Resource, type Resources, ref } from './cloudformation.ts'
import { hasDoor, hasIdle } from './functions.ts'

export const NAMESPACE = 'ragstream-edge'

/** As the functions name themselves in their metrics. */
export const serviceOf = (stage: string, functionName: string) => ({
  Name: 'service',
  Value: `ragstream-edge-${stage}-${functionName}`,
})

interface Lasting {
  /** Seconds. */
  readonly period: number
  /** Periods in a row. */
  readonly times: number
  /** Periods of which `times` are enough, where they need not follow each other. */
  readonly of?: number
}

/** Two looks of the schedule, also where one period holds both and the next one none. */
const TWO_LOOKS: Lasting = { period: 900, times: 2, of: 3 }

const alarm = (
  description: string,
  namespace: string,
  metric: string,
  dimension: { Name: string; Value: unknown } | undefined,
  { period, times, of }: Lasting = { period: 60, times: 1 },
): Resource => ({
  Type: 'AWS::CloudWatch::Alarm',
  Properties: {
    AlarmDescription: description,
    Namespace: namespace,
    MetricName: metric,
    ...(dimension ? { Dimensions: [dimension] } : {}),
    Statistic: 'Maximum',
    Period: period,
    EvaluationPeriods: of ?? times,
    ...(of === undefined ? {} : { DatapointsToAlarm: times }),
    Threshold: 0,
    ComparisonOperator: 'GreaterThanThreshold',
    TreatMissingData: 'notBreaching',
    AlarmActions: [ref('Notices')],
    OKActions: [ref('Notices')],
  },
})

const deadLetters = (queue: string, what: string): Resource =>
  alarm(
    `${what} failed, and is not tried again; the message attribute "reason" in the queue says why.`,
    'AWS/SQS',
    'ApproximateNumberOfMessagesVisible',
    {
      Name: 'QueueName',
      Value: { 'Fn::GetAtt': [queue, 'QueueName'] },
    },
  )

/**
 * Nobody reads the queue, whatever the reason: its mapping is off, its function throttled. No message waits so long by itself: the longest
 * patience of these queues is 15 minutes.
 */
function oldest(queue: string, what: string): Resource {
  const { Type, Properties } = alarm(
    `${what} has waited for over 30 minutes: nobody reads the queue.`,
    'AWS/SQS',
    'ApproximateAgeOfOldestMessage',
    { Name: 'QueueName', Value: { 'Fn::GetAtt': [queue, 'QueueName'] } },
    { period: 300, times: 1 },
  )
  return { Type, Properties: { ...Properties, Threshold: 1800 } }
}

/** Of all functions of the account and region, whose concurrency is one: a metric without dimensions. */
function throttles(): Resource {
  const { Type, Properties } = alarm(
    'Functions of this account were throttled in two of three periods of five minutes: its concurrency is used up.',
    'AWS/Lambda',
    'Throttles',
    undefined,
    { period: 300, times: 2, of: 3 },
  )
  return { Type, Properties: { ...Properties, Statistic: 'Sum' } }
}

/** The schedule looks every 15 minutes: what two looks find does not pass by itself. */
const ofFunction = (
  description: string,
  metric: string,
  stage: string,
  functionName: string,
  lasting: Lasting = { period: 900, times: 1 },
): Resource => alarm(description, NAMESPACE, metric, serviceOf(stage, functionName), lasting)

/** Where nothing is counted any more, that is what is wrong. */
function missing(description: string, metric: string, stage: string, functionName: string): Resource {
  const { Type, Properties } = ofFunction(description, metric, stage, functionName, { period: 900, times: 3 })
  const never = { ComparisonOperator: 'LessThanThreshold', Threshold: 1, TreatMissingData: 'breaching' }
  return { Type, Properties: { ...Properties, ...never } }
}

/** What a function throws comes back only after the visibility timeout, many times: too late to hear of it first. */
const errors = (
  logicalId: string,
  description = 'A function failed in three periods of five minutes in a row; its log says why.',
  lasting: Lasting = { period: 300, times: 3 },
): Resource => alarm(description, 'AWS/Lambda', 'Errors', { Name: 'FunctionName', Value: ref(logicalId) }, lasting)

/** Nothing but the schedule calls it regularly: in shorter periods it would never fail in several in a row. */
const scheduleErrors = (logicalId: string): Resource =>
  errors(logicalId, 'Two of three looks of the schedule failed; the log of resync says why.', TWO_LOOKS)

/** Only these alarms may publish as a service; a function of the stack does so by its role. */
const noticesPolicy = (sources: readonly string[]): Resource => ({
  Type: 'AWS::SNS::TopicPolicy',
  Properties: {
    Topics: [ref('Notices')],
    PolicyDocument: {
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: { Service: 'cloudwatch.amazonaws.com' },
          Action: 'sns:Publish',
          Resource: ref('Notices'),
          Condition: { ArnEquals: { 'aws:SourceArn': sources.map(arnOf) } },
        },
      ],
    },
  },
})

export function alarms(stage: string, sites: readonly Site[]): Resources {
  const all = {
    ...alarmsOf(stage),
    ...(hasIdle(sites) ? idleAlarms : {}),
    ...(hasDoor(sites) ? doorAlarms(stage) : {}),
  }
  const Notices = { Type: 'AWS::SNS::Topic', Properties: { DisplayName: 'ragstream-edge' } }
  return { Notices, ...all, NoticesPolicy: noticesPolicy(Object.keys(all)) }
}

/** While it fails nobody is stopped: instances stay awake and cost money. */
const idleAlarms: Resources = {
  IdleErrorsAlarm: errors(
    'IdleLambdaFunction',
    'The look at the use of instances failed three times in a row; the log of idle says why.',
    {
      period: 300,
      times: 3,
    },
  ),
}

/** The visitor hears that the owner is told: this is where. */
const doorAlarms = (stage: string): Resources => ({
  DoorErrorsAlarm: errors('DoorLambdaFunction'),
  DoorStartRefusedAlarm: ofFunction(
    'A visitor asked for a start at the door, and EC2 refused it; the log of door has its words.',
    'StartRefused',
    stage,
    'door',
    { period: 60, times: 1 },
  ),
})

const alarmsOf = (stage: string): Resources => ({
  DnsDeadLettersAlarm: deadLetters('DnsDeadLetters', 'A record update'),
  HostDeadLettersAlarm: deadLetters('HostDeadLetters', 'The configuration of a host'),
  CertificateDeadLettersAlarm: deadLetters('CertificateDeadLetters', 'A certificate'),
  OutcomeDeadLettersAlarm: deadLetters('OutcomeDeadLetters', 'A message about the end of a command or a record'),
  DnsWaitingAlarm: oldest('DnsQueue', 'A record update'),
  HostWaitingAlarm: oldest('HostQueue', 'The configuration of a host'),
  OutcomeWaitingAlarm: oldest('OutcomeQueue', 'A message about the end of a command or a record'),
  ThrottlesAlarm: throttles(),
  SiteFailedAlarm: ofFunction(
    'A site had a problem in two of three looks of the schedule.',
    'OpenProblem',
    stage,
    'resync',
    TWO_LOOKS,
  ),
  StartWithoutSuccessAlarm: ofFunction(
    'An instance has run for 15 minutes, and its site was never live in this time.',
    'StartWithoutSuccess',
    stage,
    'resync',
  ),
  BrokenSiteAlarm: ofFunction(
    'A site document has errors: its record and its host stay unchanged.',
    'BrokenSite',
    stage,
    'resync',
  ),
  ReconcileMissingAlarm: missing(
    'The schedule has not looked at the sites for 45 minutes.',
    'Reconciled',
    stage,
    'resync',
  ),
  InvalidDnsEventAlarm: ofFunction('An event that does not parse was dropped.', 'InvalidEvent', stage, 'dns-sync'),
  InvalidHostEventAlarm: ofFunction('An event that does not parse was dropped.', 'InvalidEvent', stage, 'host-config'),
  InvalidCertificateEventAlarm: ofFunction(
    'An event that does not parse was dropped.',
    'InvalidEvent',
    stage,
    'certificate',
  ),
  InvalidOutcomeEventAlarm: ofFunction('A message that does not parse was dropped.', 'InvalidEvent', stage, 'outcome'),
  DnsErrorsAlarm: errors('DnsDashsyncLambdaFunction'),
  HostErrorsAlarm: errors('HostDashconfigLambdaFunction'),
  // What it throws comes back every half hour: never in three short periods in a row.
  CertificateErrorsAlarm: errors('CertificateLambdaFunction', 'The function failed; its log says why.', {
    period: 3600,
    times: 1,
  }),
  OutcomeErrorsAlarm: errors('OutcomeLambdaFunction'),
  ResyncErrorsAlarm: scheduleErrors('ResyncLambdaFunction'),
})
