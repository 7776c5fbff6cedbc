// What SendCommand checks before a command exists: every parameter known, none missing, each inside its pattern.
import { documentLimit, documentSize } from './documents.ts'
import { type DocumentContent, type DocumentParameter, ServiceError } from './types.ts'

type Given = Readonly<Record<string, readonly string[]>>

/** The parameters with the document's defaults filled in. Throws InvalidParameters, naming every problem. */
export function checkedParameters(documentName: string, content: DocumentContent, given: Given): Given {
  const declared = content.parameters ?? {}
  const unknown = Object.keys(given).filter((name) => declared[name] === undefined)
  const problems = unknown.map((name) => `parameter ${name} is not defined in the document`)
  const filled: Record<string, readonly string[]> = {}
  for (const [name, parameter] of Object.entries(declared)) {
    const values = given[name] ?? (parameter.default === undefined ? undefined : [parameter.default])
    if (values === undefined) problems.push(`parameter ${name} is required and was not given`)
    else {
      problems.push(...valueProblems(name, parameter, values))
      filled[name] = values
    }
  }
  if (problems.length > 0) throw new ServiceError('InvalidParameters', `${documentName}: ${problems.join('; ')}.`)
  return filled
}

function valueProblems(name: string, parameter: DocumentParameter, values: readonly string[]): string[] {
  const { allowedPattern, allowedValues } = parameter
  const problems: string[] = []
  if (parameter.type === 'String' && values.length !== 1) {
    problems.push(`parameter ${name} has ${values.length} values, a String has one`)
  }
  for (const value of values) {
    // The service looks for a match anywhere, as Java's find() does; the pattern brings its own anchors.
    if (allowedPattern !== undefined && !new RegExp(allowedPattern).test(value)) {
      problems.push(`parameter ${name} has the value "${value}", which does not match ${allowedPattern}`)
    }
    if (allowedValues !== undefined && !allowedValues.includes(value)) {
      problems.push(`parameter ${name} has the value "${value}", allowed are ${allowedValues.join(', ')}`)
    }
  }
  return problems
}

/** Document and run-time parameters together hold at most 64 KB. */
export function requireRoom(documentName: string, content: DocumentContent, given: Given): void {
  const size = documentSize(content) + Buffer.byteLength(JSON.stringify(given))
  if (size <= documentLimit) return
  const sentence = `Document ${documentName} and its parameters have ${size} bytes, at most ${documentLimit} are allowed.`
  throw new ServiceError('MaxDocumentSizeExceeded', sentence)
}
