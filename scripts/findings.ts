// Three linters on one compiled template, and what they find in one form. The rest of advice (INFO of AWS's linter) is not asked for.
import { spawnSync } from 'node:child_process'
import { RegoEngine, TemplateFile } from '@aws/cloudformation-validate'
import { pypiTool } from './pypi.ts'

export interface Finding {
  /** Tool and rule: `checkov CKV_AWS_117`. */
  readonly rule: string
  /** Logical id of the resource. */
  readonly where: string
  readonly message: string
}

/** `@aws/cloudformation-validate`: AWS's own rules. */
export function fromAws(file: string): Finding[] {
  const engine = new RegoEngine()
  try {
    return engine
      .validateStandard(new TemplateFile(file))
      .diagnostics.filter(({ severity }) => severity !== 'INFO')
      .map(({ ruleId, entity, propertyPath, message }) => ({
        rule: `aws ${ruleId}`,
        where: `${entity?.logicalId} ${propertyPath ?? ''}`.trim(),
        message,
      }))
  } finally {
    engine.free()
  }
}

interface CfnLintMatch {
  readonly Rule: { readonly Id: string }
  readonly Message: string
  readonly Location: { readonly Path: readonly (string | number)[] | null }
}

export const cfnLint = (): string => pypiTool('cfn-lint', '1.58.0')

/** cfn-lint: the resource specifications of every region. */
export function fromCfnLint(file: string): Finding[] {
  const matches = jsonOf<CfnLintMatch[]>(cfnLint(), [
    '--format',
    'json',
    '--regions',
    'eu-central-1',
    '--template',
    file,
  ])
  return matches.map(({ Rule, Message, Location }) => ({
    rule: `cfn-lint ${Rule.Id}`,
    where: String(Location.Path?.[1] ?? file),
    message: Message,
  }))
}

interface CheckovReport {
  readonly results: {
    readonly failed_checks: readonly { check_id: string; check_name: string; resource: string }[]
    readonly parsing_errors: readonly string[]
  }
  readonly summary: { readonly passed: number }
}

/** checkov: what a security review asks for. Offline: its own rules, no platform. */
export function fromCheckov(file: string): Finding[] {
  const program = pypiTool('checkov', '3.3.30')
  const words = ['--framework', 'cloudformation', '--skip-download', '--compact', '--output', 'json', '--file', file]
  const { results, summary } = jsonOf<CheckovReport>(program, words)
  if (results.parsing_errors.length > 0 || summary.passed === 0) throw new Error(`checkov has not read ${file}`)
  return results.failed_checks.map(({ check_id, check_name, resource }) => ({
    rule: `checkov ${check_id}`,
    where: resource.split('.').at(-1)!,
    message: check_name,
  }))
}

/** Linters end with an error when they find something: what counts is that they answer. */
function jsonOf<T>(program: string, words: readonly string[]): T {
  const { stdout, stderr, error } = spawnSync(program, words, { encoding: 'utf8', maxBuffer: 1e8 })
  try {
    return JSON.parse(stdout) as T
  } catch {
    throw new Error(`${program} ${words.join(' ')}: found no report, but ${error?.message ?? stderr}`)
  }
}
