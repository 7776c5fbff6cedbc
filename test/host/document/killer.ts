// Kills a run of a document at a moment of its own course: so long after a line that it printed. On a machine that is slower or
// faster than a moment ago, the moment moves with the run.
import type { Host } from '../../../local/machine/nspawn/machine.ts'
import { sh } from './bench.ts'

/** Milliseconds from the start of a run that nobody disturbs to each line that it prints; the last one is its end. */
export type Course = readonly number[]

/** So many lines were read, and then so many milliseconds went by. */
export interface Moment {
  readonly lines: number
  readonly afterMs: number
}

/** All processes of the run (an agent's time limit), the shell alone (out of memory), or the whole host. */
export type Whom = 'all' | 'shell' | 'host'

/** What became of it: false where the run had ended before; and the last line that it printed. */
export interface Outcome {
  readonly alive: boolean
  readonly said: string
}

/** `at` is a part of the whole course, 0 to 1. */
export function momentOf(course: Course, at: number): Moment {
  const ms = at * (course.at(-1) ?? 0)
  const lines = course.filter((time) => time <= ms).length
  return { lines, afterMs: Math.round(ms - (course[lines - 1] ?? 0)) }
}

// A pipe with a name: what reads the lines has to outlive the run.
const START = `rm -f /root/lines; mkfifo /root/lines; : >/root/said
  setsid bash /root/document >/root/lines 2>/root/errors & run=$!; exec 7</root/lines
  take() { IFS= read -r line <&7 && printf '%s\\n' "$line" >>/root/said; }`

/** One run that nobody disturbs; throws where it does not end with this exit code. */
export async function courseOf(host: Host, document: string, wanted: 0 | 1): Promise<Course> {
  await sh(host, 'cat >/root/document', document)
  const script = `${START}; from=\${EPOCHREALTIME/./}
    while take; do echo $(( (\${EPOCHREALTIME/./} - from) / 1000 )); done; wait $run; echo "$?"; cat /root/errors`
  const [code, ...times] = (await host.exec(['bash', '-c', script])).stdout.trim().split('\n').map(Number).reverse()
  if (code !== wanted)
    throw new Error(`the run ended with ${code}: ${await sh(host, 'tail -n 3 /root/said /root/errors')}`)
  return times.reverse()
}

export async function killAt(host: Host, document: string, moment: Moment, whom: Whom): Promise<Outcome> {
  await sh(host, 'cat >/root/document', document)
  const kill = whom === 'host' ? 'sync; echo now; exec sleep 600' : `kill -KILL ${whom === 'all' ? '-- -' : ''}$run`
  const script = `${START}; for ((n = 0; n < ${moment.lines}; n++)); do take || break; done
    sleep ${(moment.afterMs / 1000).toFixed(3)}; ${kill}; while take; do :; done; wait $run; echo $?`
  if (whom === 'host') return cutPower(host, script)
  const status = (await host.exec(['bash', '-c', script])).stdout.trim()
  return { alive: status === '137', said: await lastLine(host) }
}

// The program that makes a container for Docker, which by then has taken the container's port.
const HANGING = `#!/bin/sh
case " $* " in *' create '*) touch /run/starts; exec sleep 600 ;; esac
exec /root/runc "$@"
`

/** Docker takes the port of such a container again at the boot, and never starts it. */
export async function cutPowerInStart(host: Host, document: string): Promise<Outcome> {
  await sh(host, 'cat >/root/document', document)
  await sh(host, 'runc=$(command -v runc); mv "$runc" /root/runc; cat >"$runc"; chmod 755 "$runc"', HANGING)
  const outcome = await cutPower(
    host,
    `${START}; until [ -e /run/starts ]; do sleep 0.05; done
    while read -rt 0.1 line <&7; do printf '%s\\n' "$line" >>/root/said; done
    mv /root/runc "$(command -v runc)"; sync; echo now; exec sleep 600`,
  )
  if (!(await sh(host, 'ss -Hltnp')).includes('"docker-proxy"')) throw new Error('Docker has not taken the port again')
  return outcome
}

async function cutPower(host: Host, script: string): Promise<Outcome> {
  const moment = Promise.withResolvers<void>()
  const running = host.exec(['bash', '-c', script], { onOutput: () => moment.resolve() })
  await moment.promise
  await host.cutPower()
  await running
  await host.boot()
  const said = await lastLine(host)
  return { alive: !said.startsWith('step=done'), said }
}

const lastLine = async (host: Host): Promise<string> => (await sh(host, 'tail -n 1 /root/said')).trim()
