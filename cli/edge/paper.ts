// What a stream shows: colour, columns, and a line that counts while something takes long.
import type { WriteStream } from 'node:tty'

export { plainLines } from '../../functions/lib/domain/plain-text.ts'

type Stream = Partial<Pick<WriteStream, 'isTTY' | 'columns'>>

/** https://no-color.org and https://force-color.org: whoever asks for none gets none. */
export function hasColour({ isTTY }: Stream, env: NodeJS.ProcessEnv = process.env): boolean {
  if (env.NO_COLOR) return false
  return env.FORCE_COLOR ? env.FORCE_COLOR !== '0' : isTTY === true
}

export const paper = (stream: Stream = process.stdout) => ({
  colour: hasColour(stream),
  columns: stream.columns ?? 100,
})

export interface Counting {
  /** Makes room for a line. */
  clear(): void
  end(): void
}

/** On a terminal alone: how long nothing was said, from the first second on. */
export function counting(stream: NodeJS.WriteStream = process.stderr): Counting {
  if (!stream.isTTY) return { clear: () => {}, end: () => {} }
  let began = performance.now()
  const clear = () => {
    began = performance.now()
    stream.write('\r\x1b[K')
  }
  const ticking = setInterval(() => {
    stream.write(`\r\x1b[K  ${Math.round((performance.now() - began) / 1000)} s`)
  }, 1000)
  return {
    clear,
    end() {
      clearInterval(ticking)
      clear()
    },
  }
}
