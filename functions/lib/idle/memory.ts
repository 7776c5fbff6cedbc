// What must outlive a run of idle, of one start of an instance: a parameter below /ragstream-edge/<stage>/state/idle/.
import * as v from 'valibot'
import { parsedJson } from '../domain/schema.ts'

const memory = v.object({
  /** The start that it is about: any other start begins anew. */
  start: v.string(),
  /** Looks that failed in a row. */
  failed: v.number(),
  /** EC2's words, where it refused to stop the instance. */
  refused: v.optional(v.string()),
  /** When the notice StopsSoon was given, milliseconds since the epoch. */
  warnedAt: v.optional(v.number()),
  /** The problem that outcome was told of. */
  told: v.optional(v.string()),
})

export type Memory = v.InferOutput<typeof memory>

/** What does not read as ours is as good as not there: the worst is a notice given twice. */
export const parseMemory = (text: string): Memory | undefined => parsedJson(memory, text)

export const freshMemory = (start: string): Memory => ({ start, failed: 0 })

export const sameMemory = (a: Memory, b: Memory): boolean =>
  JSON.stringify(Object.entries(a).sort()) === JSON.stringify(Object.entries(b).sort())
