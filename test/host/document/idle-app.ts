// Beside the app of the site another one that closes idle connections soon, behind the server block that the site has.
import { RELOAD } from '../../../local/faults/nginx.ts'
import type { Host } from '../../../local/machine/nspawn/machine.ts'
import { ask, imageName, NAME, SERVED, SITE_FILE, sh } from './bench.ts'

export const IDLE_NAME = 'idle.example.com'
export const IDLE_MS = 50
const PORT = 8600
const FILE = '/etc/nginx/conf.d/idle.conf'

/** In the last milliseconds before it closes a connection, the app drops a request. Elsewhere such a request would still be on its way. */
const DEAF_MS = 5

/** Python, since the app's image has it. `/twice` tells how many requests came more than once. */
const PROGRAM = `
import asyncio, collections, re
seen = collections.Counter()
async def serve(reader, writer):
    loop, closing = asyncio.get_running_loop(), None
    try:
        while True:
            head = (await reader.readuntil(b'\\r\\n\\r\\n')).decode()
            if closing:
                closing.cancel()
                if loop.time() > deaf: return writer.transport.abort()
            size = re.search(r'(?i)content-length: (\\d+)', head)
            if size: await reader.readexactly(int(size[1]))
            name = re.search(r'(?i)x-id: (\\S+)', head)
            if name: seen[name[1]] += 1
            body = str(sum(1 for times in seen.values() if times > 1)) if ' /twice ' in head else 'ok'
            writer.write(f'HTTP/1.1 200 OK\\r\\nContent-Length: {len(body)}\\r\\n\\r\\n{body}'.encode())
            deaf = loop.time() + ${IDLE_MS / 1000}
            closing = loop.call_later(${(IDLE_MS + DEAF_MS) / 1000}, writer.transport.abort)
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()
async def main():
    server = await asyncio.start_server(serve, '0.0.0.0', ${PORT})
    await server.serve_forever()
asyncio.run(main())
`

/** @param edit a sed script that changes the server block */
export async function serveIdleApp(host: Host, edit = ''): Promise<void> {
  const publish = `-p 127.0.0.1:${PORT}:${PORT}`
  const image = imageName('1.4.0')
  await sh(
    host,
    `docker rm -f idle; docker run -d --name idle ${publish} --entrypoint python3 ${image} -c "$(cat)"`,
    PROGRAM,
  )
  const own = `s/${NAME}/${IDLE_NAME}/g; s/8501/${PORT}/g; s/edge_[0-9a-f]\\{12\\}/edge_idle/g; ${edit}`
  await sh(host, `sed '${own}' ${SITE_FILE} >${FILE}; ${RELOAD}`)
  while ((await ask(host, IDLE_NAME)) !== SERVED) await sh(host, 'sleep 0.1')
}

export const repeated = async (host: Host): Promise<string> => ask(host, IDLE_NAME, '/twice')

export const dropIdleApp = (host: Host): Promise<string> => sh(host, `docker rm -f idle; rm -f ${FILE}; ${RELOAD}`)
