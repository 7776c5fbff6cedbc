// XML as the services write it: no attributes but the namespace, lists as repeated elements, every value a text.
import { XMLBuilder, XMLParser } from 'fast-xml-parser'
import { ServiceError } from '../world/types.ts'

const builder = new XMLBuilder({ ignoreAttributes: false, attributeNamePrefix: '@' })

export function writeXml(root: string, namespace: string | undefined, content: object): string {
  const attributes = namespace === undefined ? {} : { '@xmlns': namespace }
  return `<?xml version="1.0" encoding="UTF-8"?>\n${builder.build({ [root]: { ...attributes, ...content } })}`
}

/** The content of the root element. Elements of these names are always lists. */
export function readXml(text: string, root: string, lists: readonly string[]): Readonly<Record<string, unknown>> {
  const parser = new XMLParser({ parseTagValue: false, isArray: (name) => lists.includes(name) })
  let parsed: Record<string, unknown>
  try {
    parsed = parser.parse(text, true)
  } catch (error) {
    throw new ServiceError('MalformedInput', `The request is not well-formed XML: ${String(error)}`)
  }
  const content = parsed[root]
  if (typeof content !== 'object' || content === null) {
    throw new ServiceError(
      'MalformedInput',
      `The request's root element is ${Object.keys(parsed).at(-1)}, wanted ${root}`,
    )
  }
  return content as Record<string, unknown>
}
