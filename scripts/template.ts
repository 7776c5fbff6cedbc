// Packages the stack and puts the compiled template before three linters. What is found must be mended, or stand below with its reason; a reason
// for which nothing is found any more must go.
import { join } from 'node:path'
import { packaged } from '../local/package.ts'
import { fromAws, fromCfnLint, fromCheckov } from './findings.ts'

const REDUNDANT =
  'the Serverless Framework writes DependsOn beside the reference to the role; it is redundant, not wrong'

/** Rule -> why its findings stay. */
const MEANT: Readonly<Record<string, string>> = {
  'aws W3005': REDUNDANT,
  'cfn-lint W3005': REDUNDANT,
  'checkov CKV_AWS_18':
    'the bucket holds the packages of deploys and nothing else; a log of who read them would need a bucket with the same finding',
  'checkov CKV_AWS_21':
    'every deploy writes below a time stamp of its own: nothing is overwritten, and the sources are in git',
  'checkov CKV_AWS_26':
    'alarms cannot publish to a topic under alias/aws/sns; a key of one’s own costs more than all the rest',
  'checkov CKV_AWS_27':
    'the queues are encrypted (SqsManagedSseEnabled); the rule knows only KMS keys, and EventBridge cannot write under alias/aws/sqs',
  'checkov CKV_AWS_115':
    'the mappings cap the concurrency; reserved concurrency behind a queue turns into throttles and dead letters',
  'checkov CKV_AWS_116':
    'the queues in front of the functions have dead letters; a function’s own are for asynchronous invocations only',
  'checkov CKV_AWS_117':
    'the functions reach nothing but AWS’s public endpoints; in a VPC they would need a NAT gateway to do so',
  'checkov CKV_AWS_158':
    'CloudWatch encrypts logs by itself; no secret is ever logged, so that a key of one’s own protects nothing more',
  'checkov CKV_AWS_173':
    'the environment holds names, paths and URLs, and no secret; Lambda encrypts it under its own key',
}

const file = join(await packaged(), 'cloudformation-template-update-stack.json')
const findings = [...fromAws(file), ...fromCfnLint(file), ...fromCheckov(file)]
const open = findings.filter(({ rule }) => !(rule in MEANT))
const stale = Object.keys(MEANT).filter((meant) => !findings.some(({ rule }) => rule === meant))
for (const { rule, where, message } of open) console.error(`${rule} ${where}: ${message}`)
for (const rule of stale)
  console.error(`${rule}: found nothing any more, wanted its reason to go from scripts/template.ts`)
console.log(`template: ${open.length} findings, ${findings.length - open.length} meant`)
process.exitCode = open.length + stale.length > 0 ? 1 : 0
