// Where trouble ends up: a topic that maintainers subscribe to, and an alarm for every place where work can be lost.
import { type Resource, type Resources, ref } from './cloudformation.ts'

const alarm = (
  description: string,
  namespace: string,
  metric: string,
  dimension: { Name: string; Value: unknown },
): Resource => ({
  Type: 'AWS::CloudWatch::Alarm',
  Properties: {
    AlarmDescription: description,
    Namespace: namespace,
    MetricName: metric,
    Dimensions: [dimension],
    Statistic: 'Maximum',
    Period: 60,
    EvaluationPeriods: 1,
    Threshold: 0,
    ComparisonOperator: 'GreaterThanThreshold',
    TreatMissingData: 'notBreaching',
    AlarmActions: [ref('Notices')],
    OKActions: [ref('Notices')],
  },
})

const deadLetters = (queue: string, what: string): Resource =>
  alarm(
    `${what} was given up; the message attribute "reason" in the queue says why.`,
    'AWS/SQS',
    'ApproximateNumberOfMessagesVisible',
    {
      Name: 'QueueName',
      Value: { 'Fn::GetAtt': [queue, 'QueueName'] },
    },
  )

export const alarms = (): Resources => ({
  Notices: { Type: 'AWS::SNS::Topic', Properties: { DisplayName: 'ragstream-edge' } },
  DnsDeadLettersAlarm: deadLetters('DnsDeadLetters', 'A record update'),
  HostDeadLettersAlarm: deadLetters('HostDeadLetters', 'The configuration of a host'),
})
