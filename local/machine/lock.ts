// A lock between processes that the kernel gives back whatever happens to its holder.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Runs `work` while holding the lock on `file`. Node has no flock(2), so flock(1) holds it: it ends with our end of its stdin, and so with
 * this process, also by SIGKILL. `onWait` is called when somebody else holds the lock.
 */
export async function withLock<T>(file: string, work: () => Promise<T>, onWait?: () => void): Promise<T> {
  mkdirSync(dirname(file), { recursive: true })
  const holder = spawn('flock', ['-x', file, 'sh', '-c', 'echo held; exec cat'], { stdio: ['pipe', 'pipe', 'inherit'] })
  const ended = once(holder, 'exit')
  const waiting = onWait && setTimeout(onWait, 300)
  try {
    await Promise.race([
      once(holder.stdout, 'data'),
      ended.then(() => Promise.reject(new Error(`flock on ${file} ended before the lock was held`))),
    ])
    clearTimeout(waiting)
    return await work()
  } finally {
    clearTimeout(waiting)
    holder.stdin.end()
    await ended
  }
}
