// The compiled template as a page for people: what triggers what, who may do what. The names and zones of the declared sites are left out: the
// page is about the stack, whatever it serves.
import { diagram } from './stack-diagram.ts'
import { code, type Named, nameOf, type Resource, type Statement, said, statementsOf, table } from './stack-words.ts'

/** `template`: of CloudFormation, in JSON. */
export function stackPage(template: { readonly Resources: Readonly<Record<string, Resource>> }): string {
  const ofType = (type: string): Named[] =>
    Object.entries(template.Resources).flatMap(([id, one]) => (one.Type === type ? [[id, one.Properties ?? {}]] : []))
  const rules = ofType('AWS::Events::Rule')
  const mappings = ofType('AWS::Lambda::EventSourceMapping')
  const functions = ofType('AWS::Lambda::Function')
  const roles = ofType('AWS::IAM::Role')
  return `<!-- Generated from the compiled template by scripts/generate.ts: change what is in serverless.yml and resources/. -->
# The stack

This page lists the resources of the stack \`prod\`, as \`sls package\` makes them, by their logical ids. It leaves out the parameters of the sites (one for each site). It also leaves out the resources that only a site with \`idle\` or a door adds: the functions \`idle\` and \`door\`, with their roles, alarms and other resources.

## What triggers what

\`\`\`mermaid
flowchart LR
${diagram(rules, mappings, functions, roles).join('\n')}
\`\`\`

${table(
  ['rule', 'event or schedule', 'sends to'],
  rules.map(([id, { EventPattern, ScheduleExpression, Targets }]) => [
    id,
    code(EventPattern ? EventPattern : ScheduleExpression),
    (Targets as { Arn: unknown }[]).map(({ Arn }) => said(Arn)).join(', '),
  ]),
)}

${table(
  ['queue', 'read by', 'batch', 'most runs at the same time', 'where a failed message goes'],
  ofType('AWS::SQS::Queue').map(([id, { RedrivePolicy, MessageRetentionPeriod }]) => {
    const reader = mappings.find(([, { EventSourceArn }]) => said(EventSourceArn) === id)?.[1]
    const redrive = RedrivePolicy as { deadLetterTargetArn: unknown; maxReceiveCount: number } | undefined
    return [
      id,
      reader ? said(reader.FunctionName) : 'people',
      reader ? batch(reader) : '',
      said((reader?.ScalingConfig as { MaximumConcurrency?: number } | undefined)?.MaximumConcurrency ?? ''),
      redrive
        ? `${said(redrive.deadLetterTargetArn)} after ${redrive.maxReceiveCount} receives`
        : `kept ${Number(MessageRetentionPeriod) / 86_400} days`,
    ]
  }),
)}

## The functions

${table(
  ['function', 'role', 'memory, MB', 'time, s', 'environment'],
  functions.map(([id, { Role, MemorySize, Timeout, Environment }]) => [
    nameOf(id),
    said(Role),
    said(MemorySize),
    said(Timeout),
    Object.keys((Environment as { Variables?: object } | undefined)?.Variables ?? {}).join(', '),
  ]),
)}

## Who may do what

This section lists the rights that every stack has. Some rights exist only with a field or a setting ([all rights](security.md)). The roles of the functions \`idle\` and \`door\` exist only if a site has \`idle\` or a door. With \`tls\` of a site, \`certificate\` may also list the records of its zone, and change its TXT records \`_acme-challenge.<name>\`. With \`dnsRoleArn\` of a site, the functions that call Route 53 for it may assume this role. \`custom.kmsKeyArn\` and \`custom.tracing\` in serverless.yml add the rights for KMS and X-Ray. A test compares each role with the calls in the bundle of its function. It fails if a right is missing or not needed. In the column *only if*, \`(Null): false\` means: the request must have this key.

${roles.map(([id, { Policies }]) => `### ${id}\n\n${rights(statementsOf(Policies))}`).join('\n\n')}

## Who may send to whom

${table(
  ['to', 'from', 'action', 'only'],
  [
    ...[...ofType('AWS::SQS::QueuePolicy'), ...ofType('AWS::SNS::TopicPolicy')].flatMap(([, { PolicyDocument }]) =>
      (PolicyDocument as { Statement: Statement[] }).Statement.map((one) => [
        said(one.Resource),
        said(one.Principal?.Service),
        said(one.Action),
        conditionOf(one),
      ]),
    ),
    ...ofType('AWS::Lambda::Permission').map(([, { FunctionName, Principal, Action, SourceArn }]) => [
      said(FunctionName),
      said(Principal),
      said(Action),
      `from ${said(SourceArn)}`,
    ]),
  ],
)}

## Alarms

${table(
  ['alarm', 'metric', 'means'],
  ofType('AWS::CloudWatch::Alarm').map(([id, { Namespace, MetricName, AlarmDescription }]) => [
    id,
    `${said(Namespace)} ${said(MetricName)}`,
    said(AlarmDescription),
  ]),
)}
`
}

function rights(statements: readonly Statement[]): string {
  const rows = statements.map((one) => [said(one.Action), said(one.Resource), conditionOf(one)].map(withoutSites))
  // One zone and its names look like the next.
  const distinct = [...new Map(rows.map((row) => [row.join('|'), row])).values()]
  return table(['may', 'on', 'only if'], distinct)
}

function conditionOf({ Condition = {} }: Statement): string {
  const tests = Object.entries(Condition).flatMap(([test, keys]) =>
    Object.entries(keys).map(([key, value]) => {
      const shown = key.endsWith('RecordNames') && test !== 'Null' ? 'the declared names of the zone' : said(value)
      return `${key} (${test}): ${shown}`
    }),
  )
  return tests.join('<br>')
}

const withoutSites = (text: string): string => text.replace(/hostedzone\/Z[A-Z0-9]+/g, 'hostedzone/(zone of a site)')

/** Without a window whatever is there is taken at once. */
function batch({ BatchSize, MaximumBatchingWindowInSeconds }: Named[1]): string {
  return MaximumBatchingWindowInSeconds === undefined
    ? said(BatchSize)
    : `${BatchSize} in ${MaximumBatchingWindowInSeconds} s`
}
