// Finds the commands of the AWS CLI in a page, a script or a source, each as the words that a shell would make of it. Pure.

export interface AwsCommand {
  /** `file:line`. */
  readonly at: string
  /** Without the program. */
  readonly words: readonly string[]
}

/** For what is only known where the command is typed: long enough for an id, and a number where one is wanted. */
const VALUE = '1'.repeat(40)

/** What stands for something else than a value. */
const KNOWN: Readonly<Record<string, string>> = {
  direction: '--ingress',
  rule: '--protocol tcp --port 80 --cidr 0.0.0.0/0',
  'ruleWords(source, String(port))': '--protocol tcp --port 80 --cidr 0.0.0.0/0',
  range: 'From=80,To=80',
  "tags.map(asTag).join(' ')": 'Key=1,Value=1',
}

/** `aws <service> <operation>`, and not a name such as `aws:`, a sentence about AWS or a list of the tests' levels. */
const COMMAND = /\baws (?!handlers )(?=[a-z][a-z0-9-]+ [a-z][a-z-]+)/g

/**
 * In a page a command stands in a fence or between backticks. In a source it ends at its quote, and where the sentence goes on: at a comma, a
 * colon, a semicolon or a bracket.
 */
export function awsCommands(file: string, text: string): AwsCommand[] {
  const isPage = file.endsWith('.md')
  const ends = isPage ? '\n;|&`' : "\n;|&`'"
  const plain = withoutBlanks(text)
  return [...plain.matchAll(COMMAND)].flatMap(({ index, 0: { length } }) => {
    if (isPage && !isCode(plain, index)) return []
    const at = `${file}:${plain.slice(0, index).split('\n').length}`
    return [{ at, words: wordsFrom(plain, index + length, ends, !isPage) }]
  })
}

/** Placeholders become values; as many lines as before. */
const withoutBlanks = (text: string): string => {
  const filled = text.replace(
    /\$\{([^{}\n]*)\}|<([a-z][^<>\n]*)>/g,
    (_, inner, blank) => KNOWN[inner ?? blank] ?? VALUE,
  )
  return filled === text ? text : withoutBlanks(filled)
}

/** In a fence of bash, or behind an odd number of backticks of its line. */
function isCode(text: string, index: number): boolean {
  const before = text.slice(0, index)
  const fences = before.match(/^```.*/gm) ?? []
  if (fences.length % 2 === 1) return fences.at(-1) === '```bash'
  const line = before.slice(before.lastIndexOf('\n') + 1)
  return (line.match(/`/g) ?? []).length % 2 === 1
}

function wordsFrom(text: string, from: number, ends: string, isSentence: boolean): string[] {
  const words: string[] = []
  let word: string | undefined
  let quote = ''
  const add = (more: string) => {
    word = (word ?? '') + more
  }
  const close = () => {
    if (word !== undefined) words.push(word)
    word = undefined
  }
  for (let at = from; at < text.length; at++) {
    const rest = text.slice(at, at + 2)
    const sign = text[at]!
    if (isSentence && sign === '\\') break
    if (quote !== "'" && rest === '\\\n') at++
    else if (quote !== "'" && rest === '$(') {
      add(VALUE)
      at = closing(text, at + 1)
    } else if (quote !== '') {
      if (sign === quote) quote = ''
      else add(sign)
    } else if (isSentence && /^([,:] |\))/.test(rest)) break
    else if (ends.includes(sign) || sign === ')') break
    else if (/[ \t]/.test(sign)) {
      close()
      if (/^[#>]/.test(text.slice(at).trimStart())) break
    } else if (sign === '"' || sign === "'") {
      quote = sign
      add('')
    } else add(sign)
  }
  close()
  return words.map((one, index) =>
    words[index - 1] === '--region' ? 'eu-central-1' : one.replace(/\$\w+|^file:.*/g, VALUE),
  )
}

/** Where the bracket that opens at `from` is closed. */
function closing(text: string, from: number): number {
  let depth = 0
  for (let at = from; at < text.length; at++) {
    if (text[at] === '(') depth++
    if (text[at] === ')' && --depth === 0) return at
  }
  return text.length
}
