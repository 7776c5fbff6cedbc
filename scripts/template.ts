// Packages the stack and puts the compiled template before AWS's own linter. Advice (INFO) is counted; what else is
// found must be mended, or stand below with its reason.
import { join } from 'node:path'
import { RegoEngine, TemplateFile } from '@aws/cloudformation-validate'
import { packaged } from '../local/package.ts'

/** Rule -> why its findings stay. */
const MEANT: Readonly<Record<string, string>> = {
  W3005: 'the Serverless Framework writes DependsOn beside the reference to the role; it is redundant, not wrong',
}

const engine = new RegoEngine()
try {
  const file = join(await packaged(), 'cloudformation-template-update-stack.json')
  const { diagnostics } = engine.validateStandard(new TemplateFile(file))
  const findings = diagnostics.filter(({ severity }) => severity !== 'INFO')
  const open = findings.filter(({ ruleId }) => !(ruleId in MEANT))
  for (const { ruleId, severity, entity, propertyPath, message } of open)
    console.error(`${severity} ${ruleId} ${entity?.logicalId} ${propertyPath ?? ''}: ${message}`)
  const advice = diagnostics.length - findings.length
  console.log(`template: ${open.length} findings, ${findings.length - open.length} meant, ${advice} pieces of advice`)
  process.exitCode = open.length > 0 ? 1 : 0
} finally {
  engine.free()
}
