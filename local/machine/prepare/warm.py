# Starts Streamlit once where it will live and visits it: Python keeps the compiled form of all that this takes, also of what is imported
# only then. Its words: the paths of health and WebSocket, and the program, which ends with a script of its own making.
import http.client
import http.server  # noqa: F401  what the small apps serve by
import subprocess
import sys
import time

import altair, pandas, pyarrow, streamlit.testing.v1  # noqa: E401, F401

_, HEALTH, STREAM, *PROGRAM = sys.argv
UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}


def ask(path, headers={}):
    connection = http.client.HTTPConnection("127.0.0.1", 8501, timeout=60)
    connection.request("GET", path, headers=headers)
    return connection.getresponse().status


with open(PROGRAM[-1], "w") as script:
    script.write("import streamlit\nstreamlit.title('')\n")
streamlit.testing.v1.AppTest.from_file(PROGRAM[-1]).run(timeout=60)
app = subprocess.Popen(PROGRAM)
while True:
    try:
        ask(HEALTH)
        break
    except ConnectionError:
        if app.poll() is not None:
            sys.exit(f"Streamlit ended with {app.returncode}")
        time.sleep(0.1)
answers = [ask(HEALTH), ask("/"), ask(STREAM, UPGRADE)]
app.terminate()
app.wait()
if answers != [200, 200, 101]:
    sys.exit(f"Streamlit: found {answers}, wanted 200 for health and page, 101 for the WebSocket")
