# Apps that are not Streamlit, as a site may have them; Python's standard library only. Its word says which: `gradio` has a page whose events
# come by HTTP, as Gradio's do, and `api` answers machines alone. Where /tmp/broken is, the page, or the API's health, fails.
import os
import signal
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

KIND = sys.argv[1]
VERSION = os.environ.get("RAGSTREAM_VERSION", "")
PAGES = {
    "gradio": {
        "/": ("text/html", f"<!doctype html><title>Gradio</title><p>{VERSION}"),
        "/gradio_api/app_id": ("application/json", '{"app_id": 4711}'),
        "/gradio_api/queue/data": ("text/event-stream", 'data: {"msg": "process_completed"}\n\n'),
    },
    "api": {
        "/healthz": ("application/json", '{"status": "ok"}\n'),
        "/v1/items": ("application/json", '{"items": ["secret"]}\n'),
    },
}[KIND]
FAILING = {"gradio": "/", "api": "/healthz"}[KIND]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        path = self.path.partition("?")[0]
        kind, text = PAGES.get(path, ("application/json", '{"detail": "Not Found"}'))
        status = 200 if path in PAGES else 404
        if path == FAILING and os.path.exists("/tmp/broken"):
            status, kind, text = 500, "text/plain", "Internal Server Error"
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("0.0.0.0", 8501), Handler)
for number in (signal.SIGTERM, signal.SIGINT):
    signal.signal(number, lambda *_: threading.Thread(target=server.shutdown).start())
print("listening on 0.0.0.0:8501", flush=True)
server.serve_forever()
