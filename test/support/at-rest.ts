// An ended request is not yet an ended connection: its last packets come after the answer.
import { setTimeout as pause } from 'node:timers/promises'
import type { Machine } from '../../local/machine/types.ts'

/** Milliseconds. nginx itself closes a connection without a request after 75 s. */
const LIMIT = 120_000

/**
 * Until nobody has a connection with nginx on the host: whatever passes from then on belongs to what comes next. The host keeps a connection
 * that was cut on its way for minutes.
 */
export async function untilNobody(host: Machine): Promise<void> {
  const look = ['ss', '-Htn', 'state', 'connected', 'exclude', 'time-wait', '( sport = :80 or sport = :443 )']
  for (const limit = Date.now() + LIMIT; ; await pause(50)) {
    const { exitCode, stdout, stderr } = await host.exec(look)
    if (exitCode === 0 && stdout === '') return
    if (Date.now() > limit) throw new Error(`found connections, wanted none:\n${stdout}${stderr}`)
  }
}
