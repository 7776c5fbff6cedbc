# Stands for the app where a test is not about the app: it answers health, page and WebSocket as Streamlit 1.64 does, and starts
# in a tenth of a second instead of one. Python's standard library only; its words are the paths of health and WebSocket.
import asyncio
import base64
import hashlib
import os
import signal
import sys

_, HEALTH, STREAM = sys.argv
PAGE = f"<!doctype html><title>Streamlit</title><p>stand-in {os.environ.get('RAGSTREAM_VERSION', '')}".encode()
# Uvicorn closes a connection on which nothing was asked for so long.
IDLE_SECONDS = 5


async def serve(reader, writer):
    try:
        while True:
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), IDLE_SECONDS)
            request, *lines = head.decode("latin-1").split("\r\n")
            method, path, _ = request.split(" ")
            fields = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
            await reader.readexactly(int(fields.get("content-length", 0)))
            path = path.partition("?")[0]
            if path == STREAM and fields.get("upgrade", "").lower() == "websocket":
                return await stream(reader, writer, fields)
            # Any path that it does not know gets the page.
            health = path == HEALTH
            answer(writer, "200 OK", b"ok" if health else PAGE, method, "text/plain" if health else "text/html")
            await writer.drain()
    except (asyncio.IncompleteReadError, asyncio.TimeoutError, ConnectionError, ValueError):
        pass
    finally:
        writer.close()


def answer(writer, status, body, method="GET", kind="text/plain"):
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    writer.write(head.encode() + (b"" if method == "HEAD" else body))


async def stream(reader, writer, fields):
    # The Origin must equal the Host; without one it is no browser.
    origin = fields.get("origin", "").partition("://")[2]
    if origin and origin != fields.get("host"):
        answer(writer, "403 Forbidden", b"")
        return await writer.drain()
    accept = base64.b64encode(hashlib.sha1((fields["sec-websocket-key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest())
    writer.write(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " + accept + b"\r\n\r\n")
    while await reader.read(4096):
        pass


async def main():
    end = asyncio.Event()
    # The first process of a container is not ended by a signal that it does not handle.
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, end.set)
    server = await asyncio.start_server(serve, "0.0.0.0", 8501, backlog=2048)
    print("listening on 0.0.0.0:8501", flush=True)
    await end.wait()
    server.close()


asyncio.run(main())
