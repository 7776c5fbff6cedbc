// A small packaged stack: a template as the framework compiles one, and a zip with a bundle, written into a folder.

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { strToU8, zipSync } from 'fflate'

export const account = '123456789012'
export const region = 'eu-central-1'

// biome-ignore lint/suspicious/noExplicitAny: tests reach into a template as into any JSON document.
export type RawTemplate = { Resources: Record<string, any>; [section: string]: any }

export function fixtureTemplate(): RawTemplate {
  return {
    AWSTemplateFormatVersion: '2010-09-09',
    Resources: {
      ServerlessDeploymentBucket: { Type: 'AWS::S3::Bucket' },
      SiteParameter: {
        Type: 'AWS::SSM::Parameter',
        DependsOn: ['StateRule', 'WorkQueuePolicy', 'SyncDashworkMapping'],
        Properties: { Name: '/app/sites/a.example', Type: 'String', Value: '{"hostname":"a.example"}' },
      },
      DeadQueue: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'dead' } },
      WorkQueue: {
        Type: 'AWS::SQS::Queue',
        Properties: {
          QueueName: { 'Fn::Sub': '${AWS::StackName}-work' },
          VisibilityTimeout: 60,
          RedrivePolicy: { deadLetterTargetArn: { 'Fn::GetAtt': ['DeadQueue', 'Arn'] }, maxReceiveCount: 3 },
        },
      },
      WorkQueuePolicy: {
        Type: 'AWS::SQS::QueuePolicy',
        Properties: {
          Queues: [{ Ref: 'WorkQueue' }],
          PolicyDocument: {
            Version: '2012-10-17',
            Statement: {
              Effect: 'Allow',
              Principal: { Service: 'events.amazonaws.com' },
              Action: 'sqs:SendMessage',
              Resource: { 'Fn::GetAtt': 'WorkQueue.Arn' },
              Condition: {
                ArnEquals: {
                  'aws:SourceArn': [{ 'Fn::GetAtt': ['StateRule', 'Arn'] }, { 'Fn::GetAtt': ['TickRule', 'Arn'] }],
                },
              },
            },
          },
        },
      },
      StateRule: {
        Type: 'AWS::Events::Rule',
        Properties: {
          EventPattern: {
            source: ['aws.ec2', 'aws.ssm'],
            'detail-type': ['EC2 Instance State-change Notification', 'Parameter Store Change'],
          },
          State: 'ENABLED',
          Targets: [
            { Id: 'work', Arn: { 'Fn::GetAtt': ['WorkQueue', 'Arn'] }, RetryPolicy: { MaximumRetryAttempts: 185 } },
          ],
        },
      },
      TickRule: {
        Type: 'AWS::Events::Rule',
        Properties: {
          ScheduleExpression: 'rate(15 minutes)',
          Targets: [{ Id: 'work', Arn: { 'Fn::GetAtt': ['WorkQueue', 'Arn'] } }],
        },
      },
      SyncRole: {
        Type: 'AWS::IAM::Role',
        Properties: {
          AssumeRolePolicyDocument: {
            Version: '2012-10-17',
            Statement: [
              { Effect: 'Allow', Principal: { Service: ['lambda.amazonaws.com'] }, Action: 'sts:AssumeRole' },
            ],
          },
          Policies: [{ PolicyName: 'sync', PolicyDocument: rolePolicy() }],
        },
      },
      SyncDashworkLogGroup: {
        Type: 'AWS::Logs::LogGroup',
        Properties: { LogGroupName: '/aws/lambda/local-sync-work' },
      },
      SyncDashworkLambdaFunction: {
        Type: 'AWS::Lambda::Function',
        DependsOn: ['SyncDashworkLogGroup'],
        Properties: {
          Code: {
            S3Bucket: { Ref: 'ServerlessDeploymentBucket' },
            S3Key: 'serverless/app/dev/1790000000000/sync-work.zip',
          },
          Handler: 'functions/sync-work/handler.handler',
          Runtime: `nodejs${process.versions.node.split('.')[0]}.x`,
          FunctionName: 'local-sync-work',
          MemorySize: 256,
          Timeout: 5,
          Role: { 'Fn::GetAtt': ['SyncRole', 'Arn'] },
          Environment: {
            Variables: {
              QUEUE_URL: { Ref: 'WorkQueue' },
              DOCUMENT: { Ref: 'Document' },
              PARAMETER_PREFIX: '/app/sites',
            },
          },
        },
      },
      SyncDashworkMapping: {
        Type: 'AWS::Lambda::EventSourceMapping',
        Properties: {
          BatchSize: 10,
          EventSourceArn: { 'Fn::GetAtt': ['WorkQueue', 'Arn'] },
          FunctionName: { 'Fn::GetAtt': ['SyncDashworkLambdaFunction', 'Arn'] },
          FunctionResponseTypes: ['ReportBatchItemFailures'],
          ScalingConfig: { MaximumConcurrency: 2 },
        },
      },
      Document: {
        Type: 'AWS::SSM::Document',
        Properties: {
          Name: 'Configure-1',
          DocumentType: 'Command',
          Content: {
            schemaVersion: '2.2',
            mainSteps: [{ action: 'aws:runShellScript', name: 'run', inputs: { runCommand: ['true'] } }],
          },
        },
      },
    },
  }
}

function rolePolicy() {
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Action: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ChangeMessageVisibility'],
        Resource: { 'Fn::GetAtt': ['WorkQueue', 'Arn'] },
      },
      {
        Effect: 'Allow',
        Action: 'route53:ChangeResourceRecordSets',
        Resource: 'arn:aws:route53:::hostedzone/Z1',
        Condition: {
          'ForAllValues:StringEquals': {
            'route53:ChangeResourceRecordSetsNormalizedRecordNames': ['a.example'],
            'route53:ChangeResourceRecordSetsRecordTypes': ['A'],
          },
        },
      },
      {
        Effect: 'Allow',
        Action: 'ssm:SendCommand',
        Resource: { 'Fn::Sub': 'arn:${AWS::Partition}:ec2:${AWS::Region}:${AWS::AccountId}:instance/*' },
        Condition: { StringEquals: { 'aws:ResourceTag/stage': 'dev' } },
      },
      { Effect: 'Allow', Action: 'ec2:Describe*', Resource: '*' },
    ],
  }
}

/** Writes template and zip as the package step does; gives the template's path. */
export function packageFixture(folder: string, template: RawTemplate, files: Readonly<Record<string, string>>): string {
  mkdirSync(folder, { recursive: true })
  const file = join(folder, 'cloudformation-template-update-stack.json')
  writeFileSync(file, JSON.stringify(template))
  const entries = Object.entries(files).map(([name, text]) => [name, strToU8(text)])
  writeFileSync(join(folder, 'sync-work.zip'), zipSync(Object.fromEntries(entries)))
  return file
}
