// The queue of a function, as a list of what was asked of it.
import type { RecordNews, ReportedProblems } from '../../functions/lib/domain/news.ts'
import type { QueuePorts } from '../../functions/lib/runtime/messages.ts'
import { SENT } from './events.ts'

export interface FakeQueue extends QueuePorts {
  /** `<receipt handle> +<seconds>` */
  readonly postponed: string[]
  readonly buried: { readonly body: string; readonly reason: string }[]
  readonly told: (RecordNews | ReportedProblems)[]
  readonly later: { readonly body: string; readonly seconds: number }[]
  sendLater(body: string, seconds: number): Promise<void>
}

/** `age`: milliseconds since the messages were sent. */
export function fakeQueue(age = 1000): FakeQueue {
  const queue: FakeQueue = {
    postponed: [],
    buried: [],
    told: [],
    later: [],
    postpone: async (all) => void queue.postponed.push(...all.map((one) => `${one.receiptHandle} +${one.seconds}`)),
    bury: async (body, reason) => void queue.buried.push({ body, reason }),
    tell: async (news) => void queue.told.push(news),
    sendLater: async (body, seconds) => void queue.later.push({ body, seconds }),
    now: () => SENT + age,
  }
  return queue
}
