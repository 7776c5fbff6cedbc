// The parts of dns-packet that the DNS server uses (the package brings no types).
declare module 'dns-packet' {
  export interface Question {
    name: string
    type: string
    class?: string
  }
  export interface ResourceRecord {
    name: string
    type: string
    class?: string
    ttl?: number
    data?: unknown
    udpPayloadSize?: number
    flags?: number
    options?: unknown[]
  }
  export interface Packet {
    id?: number
    type?: 'query' | 'response'
    flags?: number
    rcode?: string
    opcode?: string
    questions?: Question[]
    answers?: ResourceRecord[]
    authorities?: ResourceRecord[]
    additionals?: ResourceRecord[]
  }
  export const AUTHORITATIVE_ANSWER: number
  export const TRUNCATED_RESPONSE: number
  export const RECURSION_DESIRED: number
  export function encode(packet: Packet): Buffer
  export function decode(message: Buffer): Packet
  export function streamEncode(packet: Packet): Buffer
}
