// What makes the functions look: instance state changes, changed parameters, and a schedule for what no event tells.
import type { Site } from '../functions/lib/domain/site.ts'
import { lookMessage } from '../functions/lib/domain/trigger.ts'
import { arnOf, type Resource, type Resources, ref } from './cloudformation.ts'
import { hasIdle } from './functions.ts'
import { queues } from './queues.ts'

const RETRY = { MaximumRetryAttempts: 185, MaximumEventAgeInSeconds: 24 * 3600 }

const target = (queue: string, deadLetters: string) => ({
  Id: queue,
  Arn: arnOf(queue),
  RetryPolicy: RETRY,
  DeadLetterConfig: { Arn: arnOf(deadLetters) },
})

const TO_DNS = target('DnsQueue', 'DnsDeadLetters')
const TO_HOSTS = target('HostQueue', 'HostDeadLetters')
const TO_CERTIFICATES = target('CertificateQueue', 'CertificateDeadLetters')
const TO_OUTCOME = target('OutcomeQueue', 'OutcomeDeadLetters')

/** As serverless.yml's function is called in the template. */
const RESYNC = 'ResyncLambdaFunction'
const IDLE = 'IdleLambdaFunction'

const rules = (stage: string): Resources => ({
  InstanceChangedRule: {
    Type: 'AWS::Events::Rule',
    Properties: {
      Description: 'An instance started, stopped or went: look at the records.',
      EventPattern: { source: ['aws.ec2'], 'detail-type': ['EC2 Instance State-change Notification'] },
      Targets: [TO_DNS],
    },
  },
  InstanceRunningRule: {
    Type: 'AWS::Events::Rule',
    Properties: {
      Description: 'An instance runs: look whether it has been configured since.',
      EventPattern: {
        source: ['aws.ec2'],
        'detail-type': ['EC2 Instance State-change Notification'],
        detail: { state: ['running'] },
      },
      Targets: [TO_HOSTS],
    },
  },
  SiteChangedRule: {
    Type: 'AWS::Events::Rule',
    Properties: {
      Description: 'A site was declared or changed: look at its records, hosts and certificate.',
      EventPattern: parameterChanged(`/ragstream-edge/${stage}/sites/`),
      Targets: [TO_DNS, TO_HOSTS, TO_CERTIFICATES],
    },
  },
  ImageChangedRule: {
    Type: 'AWS::Events::Rule',
    Properties: {
      Description: 'The CI of an app chose another image: look at its hosts.',
      EventPattern: parameterChanged(`/ragstream-edge/${stage}/images/`),
      Targets: [TO_HOSTS],
    },
  },
  CertificateChangedRule: {
    Type: 'AWS::Events::Rule',
    Properties: {
      Description: 'A certificate was obtained or renewed: look at its hosts.',
      EventPattern: parameterChanged(`/ragstream-edge/${stage}/certificates/`),
      Targets: [TO_HOSTS],
    },
  },
  CertificatesDueRule: {
    Type: 'AWS::Events::Rule',
    Properties: {
      Description: 'Time passes without an event: look which certificates are to be renewed.',
      ScheduleExpression: 'rate(1 day)',
      Targets: [{ ...TO_CERTIFICATES, Input: lookMessage({}) }],
    },
  },
  CommandEndedRule: {
    Type: 'AWS::Events::Rule',
    Properties: {
      Description: 'A command on a host has come to an end: look what became of it.',
      EventPattern: {
        source: ['aws.ssm'],
        'detail-type': ['EC2 Command Invocation Status-change Notification'],
        detail: {
          'document-name': [{ prefix: `ragstream-edge-${stage}-ConfigureHost-` }],
          status: [{ 'anything-but': ['Pending', 'InProgress', 'Delayed', 'Cancelling'] }],
        },
      },
      Targets: [TO_OUTCOME],
    },
  },
  ReconcileRule: {
    Type: 'AWS::Events::Rule',
    Properties: {
      Description: 'Events can be lost, addresses change without one, people edit by hand: look at everything.',
      ScheduleExpression: 'rate(15 minutes)',
      // No dead letters: the next one comes in 15 minutes, and an alarm says when none does.
      Targets: [{ Id: RESYNC, Arn: arnOf(RESYNC), Input: JSON.stringify({ all: true }) }],
    },
  },
})

/** Only where a site has `idle`. */
const idleRule: Resources = {
  IdleRule: {
    Type: 'AWS::Events::Rule',
    Properties: {
      Description: 'Nobody tells that a visitor has left: look whether instances are used.',
      ScheduleExpression: 'rate(5 minutes)',
      // No dead letters: the next one comes in 5 minutes. Until then the instance stays awake.
      Targets: [{ Id: IDLE, Arn: arnOf(IDLE), Input: '{}' }],
    },
  },
}

const parameterChanged = (prefix: string) => ({
  source: ['aws.ssm'],
  'detail-type': ['Parameter Store Change'],
  detail: { name: [{ prefix }], operation: ['Create', 'Update'] },
})

/** Each queue takes messages from the rules that target it, and from no others. */
function queuePolicies(all: Resources): Resources {
  const policy = (queue: string) => {
    const sources = Object.entries(all).filter(([, rule]) =>
      JSON.stringify(rule.Properties.Targets).includes(JSON.stringify(arnOf(queue))),
    )
    return {
      Type: 'AWS::SQS::QueuePolicy',
      Properties: {
        Queues: [{ Ref: queue }],
        PolicyDocument: {
          Version: '2012-10-17',
          Statement: [
            {
              Effect: 'Allow',
              Principal: { Service: 'events.amazonaws.com' },
              Action: 'sqs:SendMessage',
              Resource: arnOf(queue),
              Condition: { ArnEquals: { 'aws:SourceArn': sources.map(([rule]) => arnOf(rule)) } },
            },
          ],
        },
      },
    }
  }
  return Object.fromEntries(Object.keys(queues()).map((queue) => [`${queue}Policy`, policy(queue)]))
}

/** A rule may invoke its function. */
const permission = (logicalId: string, rule: string): Resource => ({
  Type: 'AWS::Lambda::Permission',
  Properties: {
    Action: 'lambda:InvokeFunction',
    FunctionName: ref(logicalId),
    Principal: 'events.amazonaws.com',
    SourceArn: arnOf(rule),
  },
})

export function events(stage: string, sites: readonly Site[]): Resources {
  const all = rules(stage)
  return {
    ...{ ...all, ...queuePolicies(all), ReconcilePermission: permission(RESYNC, 'ReconcileRule') },
    ...(hasIdle(sites) ? { ...idleRule, IdlePermission: permission(IDLE, 'IdleRule') } : {}),
  }
}
