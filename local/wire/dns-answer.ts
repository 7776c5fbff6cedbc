// One DNS message in, one out: the world's answer in the packet's form, cut to what the transport holds.
import dnsPacket, { type Packet, type Question, type ResourceRecord } from 'dns-packet'
import { type DnsAnswer, lookup } from '../world/answers.ts'
import { plainName } from '../world/names.ts'
import type { RecordSet, World } from '../world/types.ts'

export type Transport = 'udp' | 'tcp'

export interface AnsweredQuery {
  readonly name: string
  readonly type: string
  readonly from: string
  readonly transport: Transport
  readonly rcode: string
  readonly answers: readonly {
    readonly name: string
    readonly type: string
    readonly ttl: number
    readonly value: string
  }[]
}

interface Answered {
  readonly packet: Buffer
  readonly report?: AnsweredQuery
}

/** Undefined when the message is not a query that could be answered at all. */
export function answerQuery(state: World, message: Buffer, from: string, transport: Transport): Answered | undefined {
  let query: Packet
  try {
    query = dnsPacket.decode(message)
  } catch {
    return formatError(message)
  }
  if (query.type !== 'query') return undefined
  const [question] = query.questions ?? []
  if (question === undefined || query.questions?.length !== 1) return formatError(message)
  if (query.opcode !== undefined && query.opcode !== 'QUERY') return { packet: encode(query, 'NOTIMP', []) }
  const answer = lookup(state, question.name, question.type)
  const packet = cut(query, answer, question, transport)
  const answers = answer.answers.flatMap((set) =>
    set.values.map((value) => ({ name: plainName(set.name), type: set.type, ttl: set.ttl ?? 0, value })),
  )
  return { packet, report: { name: question.name, type: question.type, from, transport, rcode: answer.rcode, answers } }
}

/** Only the id of a message that does not parse is known. */
function formatError(message: Buffer): Answered | undefined {
  if (message.length < 12 || (message[2]! & 0x80) !== 0) return undefined
  return { packet: encode({ id: message.readUInt16BE(0), questions: [] }, 'FORMERR', []) }
}

const rcodes: Readonly<Record<string, number>> = { NOERROR: 0, FORMERR: 1, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5 }

/** Over UDP 512 bytes, or what the asker offers by EDNS; what does not fit is left out and asked again over TCP. */
function cut(query: Packet, answer: DnsAnswer, question: Question, transport: Transport): Buffer {
  const edns = query.additionals?.find((record) => record.type === 'OPT')
  // 4,096 as Route 53's servers; below 512 counts as 512 (RFC 6891, 6.2.3).
  const most = transport === 'tcp' ? 65_535 : Math.min(4096, Math.max(512, edns?.udpPayloadSize ?? 512))
  const answers = answer.answers.flatMap((set) => toRecords(set, question.name))
  const authorities = answer.authority.flatMap((set) => toRecords(set, set.name))
  const authoritative = answer.rcode === 'REFUSED' ? 0 : dnsPacket.AUTHORITATIVE_ANSWER
  const whole = encode(query, answer.rcode, answers, authorities, authoritative)
  if (whole.length <= most) return whole
  return encode(query, answer.rcode, [], [], authoritative | dnsPacket.TRUNCATED_RESPONSE)
}

function encode(
  query: Packet,
  rcode: string,
  answers: ResourceRecord[],
  authorities: ResourceRecord[] = [],
  flags = 0,
): Buffer {
  const edns = query.additionals?.some((record) => record.type === 'OPT')
  const opt: ResourceRecord = { name: '.', type: 'OPT', udpPayloadSize: 4096, flags: 0, options: [] }
  const asked = (query.flags ?? 0) & dnsPacket.RECURSION_DESIRED
  return dnsPacket.encode({
    type: 'response',
    id: query.id ?? 0,
    flags: flags | asked | rcodes[rcode]!,
    questions: query.questions ?? [],
    answers,
    authorities,
    additionals: edns ? [opt] : [],
  })
}

/** The owner is repeated as it was asked, upper case and all (resolvers compare: "0x20"). */
function toRecords(set: RecordSet, asked: string): ResourceRecord[] {
  const plain = plainName(set.name)
  const name = plain === asked.toLowerCase() ? asked : plain
  return set.values.map((value) => ({
    name,
    type: set.type,
    class: 'IN',
    ttl: set.ttl ?? 0,
    data: data(set.type, value),
  }))
}

/** Route 53's text of a value, in the form that the packet's encoder takes. */
function data(type: string, value: string): unknown {
  const parts = value.split(/\s+/)
  switch (type) {
    case 'CNAME':
    case 'NS':
    case 'PTR':
      return value.replace(/\.$/, '')
    case 'TXT':
      return [...value.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, text]) => text!.replace(/\\(.)/g, '$1'))
    case 'MX':
      return { preference: Number(parts[0]), exchange: parts[1] }
    case 'CAA':
      return { flags: Number(parts[0]), tag: parts[1], value: parts.slice(2).join(' ').replace(/^"|"$/g, '') }
    case 'SRV':
      return { priority: Number(parts[0]), weight: Number(parts[1]), port: Number(parts[2]), target: parts[3] }
    case 'SOA':
      return soa(parts)
    default:
      return value
  }
}

function soa([mname, rname, ...numbers]: string[]): object {
  const [serial, refresh, retry, expire, minimum] = numbers.map(Number)
  return { mname, rname, serial, refresh, retry, expire, minimum }
}
