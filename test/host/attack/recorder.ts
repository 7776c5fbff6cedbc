// An app in the site's container that answers every path, and records what reached it. Streamlit refuses some paths by itself, so that
// it would hide what nginx lets through.
import type { Host } from '../../../local/machine/nspawn/machine.ts'
import { CONTAINER, imageName, sh } from '../document/bench.ts'

export const RECORDER = 'recorder:1'
/** What every path but the health path is answered with. */
export const TREASURE = 'the treasure of the app'

/** Python, since the app's image has it. Each request is one line of its log; a WebSocket stays open. */
const PROGRAM = `
import asyncio, json, re
async def body(reader, head):
    size = re.search(r'(?i)\\r\\ncontent-length: *(\\d+)', head)
    if size:
        left = int(size[1])
        while left > 0: left -= len(await reader.read(min(left, 65536)) or 1 / 0)
    elif re.search(r'(?i)\\r\\ntransfer-encoding: *chunked', head):
        while (length := int(await reader.readline(), 16)) > 0: await reader.readexactly(length + 2)
        await reader.readline()
async def serve(reader, writer):
    try:
        while True:
            head = (await reader.readuntil(b'\\r\\n\\r\\n')).decode('latin-1')
            print(json.dumps(head), flush=True)
            await body(reader, head)
            if re.search(r'(?i)\\r\\nupgrade: *websocket', head):
                writer.write(b'HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\n\\r\\n')
                await reader.read()
                return
            if ' /big' in head:
                writer.write(b'HTTP/1.1 200 OK\\r\\nContent-Length: 67108864\\r\\n\\r\\n')
                for _ in range(1024):
                    writer.write(bytes(65536))
                    await writer.drain()
                continue
            text = 'ok' if ' /_stcore/health HTTP' in head else '${TREASURE}'
            writer.write(f'HTTP/1.1 200 OK\\r\\nContent-Length: {len(text)}\\r\\n\\r\\n{"" if head.startswith("HEAD ") else text}'.encode())
    except (asyncio.IncompleteReadError, ConnectionError, ZeroDivisionError): pass
    finally: writer.close()
async def main():
    await (await asyncio.start_server(serve, '0.0.0.0', 8501, backlog=4096)).serve_forever()
asyncio.run(main())
`

/** An image of the host's own: no registry has it. */
export const makeRecorder = async (host: Host): Promise<void> => {
  const image = imageName('1.4.0')
  await sh(
    host,
    `docker pull -q ${image}; docker create --name made --entrypoint python3 ${image} -c "$(cat)"; docker commit made ${RECORDER}; docker rm made`,
    PROGRAM,
  )
}

let asked = 0

/** Heads of the requests, since the beginning of the container. It sends one more request: once Docker's log has its head, it has all heads before it. */
export async function recorded(host: Host): Promise<string[]> {
  const mark = `GET /recorded-${++asked} HTTP`
  const log = await sh(
    host,
    `curl -s -o /dev/null http://127.0.0.1:8501/recorded-${asked}; timeout 60 sh -c 'until docker logs ${CONTAINER} | grep -q "${mark}"; do sleep 0.1; done'; docker logs ${CONTAINER}`,
  )
  if (!log.includes(mark)) throw new Error(`log of ${CONTAINER}: found no ${mark} within 60 s`)
  return log
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as string)
    .filter((head) => !head.startsWith('GET /recorded-'))
}
