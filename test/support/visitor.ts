// A visitor who asks again and again while something is done, and every status that he got.
import { spawn } from 'node:child_process'
import { once } from 'node:events'

/** `client` leads into the visitor's namespace; `curl` are words for a shell: what is asked, and how. */
export async function visiting(
  client: readonly string[],
  curl: string,
  work: () => Promise<unknown>,
): Promise<string[]> {
  const loop = `trap 'exit 0' TERM; while :; do curl -s -o /dev/null -w '%{http_code}\\n' ${curl}; sleep 0.03; done`
  const [program = '', ...rest] = [...client, 'bash', '-c', loop]
  const visitor = spawn(program, rest)
  let seen = ''
  visitor.stdout.setEncoding('utf8').on('data', (text: string) => {
    seen += text
  })
  await once(visitor.stdout, 'data')
  const gone = once(visitor, 'exit')
  await work().finally(() => visitor.kill('SIGTERM'))
  await gone
  return seen.trim().split('\n')
}
