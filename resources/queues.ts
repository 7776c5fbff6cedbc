// The queues that carry the load between events and functions, each with its dead letters.
import { arnOf, type Resources } from './cloudformation.ts'

/** Seconds; Lambda wants the visibility at six times the function's timeout or more. */
const FUNCTION_TIMEOUT = 60
const FOURTEEN_DAYS = 14 * 24 * 3600

/**
 * Receives until a message that crashes the function goes to the dead letters. Messages that only wait are moved there
 * by the function itself when their patience ends, which is sooner than this.
 */
const MOST_RECEIVES = 60

const queue = (deadLetters: string): Resources => ({
  [deadLetters.replace('DeadLetters', 'Queue')]: {
    Type: 'AWS::SQS::Queue',
    Properties: {
      VisibilityTimeout: 6 * FUNCTION_TIMEOUT,
      // EventBridge cannot write to a queue under alias/aws/sqs.
      SqsManagedSseEnabled: true,
      RedrivePolicy: { deadLetterTargetArn: arnOf(deadLetters), maxReceiveCount: MOST_RECEIVES },
    },
  },
  [deadLetters]: {
    Type: 'AWS::SQS::Queue',
    Properties: { MessageRetentionPeriod: FOURTEEN_DAYS, SqsManagedSseEnabled: true },
  },
})

export const queues = (): Resources => ({
  ...queue('DnsDeadLetters'),
  ...queue('HostDeadLetters'),
  ...queue('OutcomeDeadLetters'),
})
