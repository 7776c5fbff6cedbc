// The event source mapping and the function: batches, up to four at once, each with its time, its end or its death.
import { dnsSync } from '../../../functions/dns-sync/handler.ts'
import { OutOfTime, TryLater } from '../../../functions/lib/domain/errors.ts'
import { parseTrigger } from '../../../functions/lib/domain/trigger.ts'
import type { Telemetry } from '../../../functions/lib/steps/telemetry.ts'
import type { QueueMessage } from '../../../local/world/types.ts'
import { Injected, inTurn, type Run } from './calls.ts'
import { asLambdaEvent } from './messages.ts'
import { type Container, type Mutant, queuePorts, type Surroundings, startContainer } from './ports.ts'
import type { Scenario } from './scenario.ts'

/** As in serverless.yml and functions/lib/runtime/lambda.ts: milliseconds. */
const FUNCTION_TIMEOUT = 60_000
const RESERVE = 3_000

export interface InvocationEnvironment extends Surroundings {
  readonly scenario: Scenario
  readonly mutant: Mutant
  readonly tell: (line: string) => void
  readonly fault: (sentence: string) => void
}

export class Invocations {
  readonly #environment: InvocationEnvironment
  readonly #idle: Container[] = []
  #active = 0
  #count = 0

  constructor(environment: InvocationEnvironment) {
    this.#environment = environment
  }

  poll(): void {
    const { messages, scenario } = this.#environment
    while (this.#active < scenario.pollers) {
      const received = messages.receive(scenario.batchSize)
      if (received.length === 0) return
      this.#start(received)
    }
  }

  kill(run: Run, why: string): void {
    if (run.dead || run.ended) return
    run.dead = true
    this.#environment.tell(`run ${run.id} died ${why}`)
    this.#leave()
  }

  #start(received: readonly QueueMessage[]): void {
    const { account, timeline, mutant, tell, messages } = this.#environment
    const triggers = received.map(({ body }) => parseTrigger(body))
    const looks = triggers.some((trigger) => trigger.kind === 'look')
    const again = received.some(({ receiveCount }) => receiveCount > 1)
    const run: Run = { id: ++this.#count, dead: false, ended: false, looks, again, seen: [] }
    this.#active += 1
    tell(`run ${run.id}: ${received.map(({ body }) => short(body)).join(', ')}`)
    timeline.after(FUNCTION_TIMEOUT, () => this.kill(run, 'of its timeout'))
    const container = this.#takeContainer()
    container.run = run
    const dns = mutant(container.dns, { triggers, account })
    const queue = queuePorts(this.#environment, run)
    const deadline = timeline.now + FUNCTION_TIMEOUT - RESERVE
    dnsSync(asLambdaEvent(received), deadline, { dns, queue, telemetry: this.#telemetry(run) }).then(
      ({ batchItemFailures }) => {
        const failed = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier))
        messages.remove(received.filter(({ id }) => !failed.has(id)).map(({ receiptHandle }) => receiptHandle!))
        this.#end(container, run, failed.size > 0 ? `${failed.size} again` : 'done')
      },
      (error: unknown) => this.#fail(container, run, error),
    )
  }

  /** Lambda chooses as it likes among those that wait, and starts another one when it likes. */
  #takeContainer(): Container {
    const { scenario } = this.#environment
    const [chosen] = this.#idle.splice(inTurn(scenario.containers, this.#count), 1)
    return chosen ?? startContainer(this.#environment)
  }

  #fail(container: Container, run: Run, error: unknown): void {
    const expected = error instanceof Injected || error instanceof TryLater || error instanceof OutOfTime
    if (!expected) this.#environment.fault(`unexpected error of run ${run.id}: ${error}`)
    this.#end(container, run, `failed: ${error}`)
  }

  #end(container: Container, run: Run, how: string): void {
    run.ended = true
    this.#idle.push(container)
    this.#environment.tell(`run ${run.id} ended: ${how}`)
    this.#leave()
  }

  #leave(): void {
    this.#active -= 1
    this.#environment.timeline.after(0, () => this.poll())
  }

  #telemetry(run: Run): Telemetry {
    const say = (line: string) => this.#environment.tell(`run ${run.id}: ${line}`)
    return { info: say, warn: say, error: say, count: () => {}, measure: () => {} }
  }
}

function short(body: string): string {
  const { 'detail-type': type, detail = {} } = JSON.parse(body)
  return detail['instance-id']
    ? `${detail['instance-id']} ${detail.state}`
    : `${type} ${detail.name ?? detail.unmatched ?? ''}`
}
