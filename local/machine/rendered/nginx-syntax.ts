// Reads nginx configuration text into blocks and directives, as far as its syntax goes; includes are followed.
import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'

export interface Directive {
  readonly name: string
  readonly values: readonly string[]
  readonly block: readonly Directive[] | null
  readonly file: string
  readonly line: number
}

/** In nginx's words: `<what> in <file>:<line>`. */
export class NginxError extends Error {}

interface Token {
  readonly text: string
  readonly quoted: boolean
  readonly line: number
}

interface Reader {
  readonly file: string
  /** Folder of the main file: relative includes resolve against it, wherever they stand. */
  readonly prefix: string
  readonly tokens: readonly Token[]
  at: number
}

export function readConfiguration(main: string): Directive[] {
  return readFile(main, path.dirname(main))
}

/** Every file that the configuration is made of, the main one first. */
export function configurationFiles(directives: readonly Directive[], main: string): string[] {
  const files = new Set([main])
  const visit = (list: readonly Directive[]): void => {
    for (const directive of list) {
      files.add(directive.file)
      visit(directive.block ?? [])
    }
  }
  visit(directives)
  return [...files]
}

function readFile(file: string, prefix: string): Directive[] {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch {
    throw new NginxError(`open() "${file}" failed (2: No such file or directory)`)
  }
  return readBlock({ file, prefix, tokens: tokenize(text), at: 0 }, false)
}

function tokenize(text: string): Token[] {
  const tokens: Token[] = []
  let line = 1
  for (const [found] of text.matchAll(
    /\n|#[^\n]*|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|[{};]|[^\s{};"'#][^\s{};]*|\S/g,
  )) {
    const quoted = /^["']/.test(found) && found.length > 1
    if (found !== '\n' && !found.startsWith('#')) {
      tokens.push({ text: quoted ? found.slice(1, -1) : found, quoted, line })
    }
    line += found.split('\n').length - 1
  }
  return tokens
}

function readBlock(reader: Reader, nested: boolean): Directive[] {
  const directives: Directive[] = []
  while (reader.at < reader.tokens.length) {
    if (reader.tokens[reader.at]!.text === '}' && !reader.tokens[reader.at]!.quoted) {
      if (!nested) throw unexpected(reader, '"}"')
      reader.at++
      return directives
    }
    directives.push(...readDirective(reader))
  }
  if (nested) throw unexpected(reader, 'end of file, expecting "}"')
  return directives
}

function readDirective(reader: Reader): Directive[] {
  const { text: name, line } = reader.tokens[reader.at]!
  if (name === ';' || name === '{') throw unexpected(reader, `"${name}"`)
  const values: string[] = []
  for (reader.at++; reader.at < reader.tokens.length; reader.at++) {
    const { text, quoted } = reader.tokens[reader.at]!
    if (!quoted && (text === ';' || text === '{')) {
      reader.at++
      const block = text === '{' ? readBlock(reader, true) : null
      if (name === 'include') return includedFiles(reader, values[0] ?? '')
      return [{ name, values, block, file: reader.file, line }]
    }
    if (!quoted && text === '}') throw unexpected(reader, '"}"')
    values.push(text)
  }
  throw unexpected(reader, 'end of file, expecting ";" or "}"')
}

function includedFiles(reader: Reader, pattern: string): Directive[] {
  const absolute = path.resolve(reader.prefix, pattern)
  // As glob(3) does for nginx: a file whose name starts with a dot is no match of `*`.
  const files = /[*?[]/.test(pattern) ? globSync(absolute).sort() : [absolute]
  return files.filter((file) => !path.basename(file).startsWith('.')).flatMap((file) => readFile(file, reader.prefix))
}

function unexpected(reader: Reader, what: string): NginxError {
  const line = (reader.tokens[reader.at] ?? reader.tokens.at(-1))?.line ?? 1
  return new NginxError(`unexpected ${what} in ${reader.file}:${line}`)
}
