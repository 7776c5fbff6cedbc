// The few CloudFormation words that the resources use.
export interface Resource {
  readonly Type: string
  readonly DependsOn?: readonly string[]
  readonly Properties: Readonly<Record<string, unknown>>
}

export type Resources = Readonly<Record<string, Resource>>

export const ref = (logicalId: string) => ({ Ref: logicalId })
export const arnOf = (logicalId: string) => ({ 'Fn::GetAtt': [logicalId, 'Arn'] })

/** An ARN in this partition, region and account: `ssm:parameter/x` becomes arn:aws:ssm:<region>:<account>:parameter/x. */
export const localArn = (service: string, resource: string) => ({
  'Fn::Join': [
    '',
    ['arn:', ref('AWS::Partition'), `:${service}:`, ref('AWS::Region'), ':', ref('AWS::AccountId'), `:${resource}`],
  ],
})

/** An ARN of a service without region and account, as Route 53 has them. */
export const globalArn = (service: string, resource: string) => ({
  'Fn::Join': ['', ['arn:', ref('AWS::Partition'), `:${service}:::${resource}`]],
})
