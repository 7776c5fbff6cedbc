"""The last lines of a log, without the values of secrets. Python 3.9 and newer, standard library."""
import base64
import datetime
import os
import re
import subprocess
import sys

# Systems Manager keeps 24,000 characters; a line of a stack trace or of base64 is of use by its beginning.
MOST, LONGEST, TAIL = 22000, 2000, 1000000
STAMP = re.compile(r"^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:?\d\d) ?")
# As nginx writes it: in an error, in a request.
FORMS = (
    (re.compile(r"^(\d{4}/\d\d/\d\d \d\d:\d\d:\d\d)"), "%Y/%m/%d %H:%M:%S"),
    (re.compile(r"\[(\d\d/\w{3}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4})\]"), "%d/%b/%Y:%H:%M:%S %z"),
    (re.compile(r"^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d{4})"), "%Y-%m-%dT%H:%M:%S%z"),
)
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def secrets():
    """What the app was given beside the plain environment of its site's document; of every site, since they share logs."""
    plain = set(base64.b64decode(os.environ.get("EDGE_ENV", "")).decode().splitlines())
    values = set()
    state = os.environ["STATE_DIR"]
    for name in os.listdir(state) if os.path.isdir(state) else []:
        try:
            with open(os.path.join(state, name, "env"), encoding="utf-8", errors="replace") as lines:
                found = [line.rstrip("\n") for line in lines]
        except OSError:
            continue
        values.update(line.partition("=")[2] for line in found if line not in plain)
    # A shorter one would blank half of what an app says. The longest first: one may hold another.
    return sorted((one for one in values if len(one) > 5), key=len, reverse=True)


def time_of(line):
    for pattern, form in FORMS:
        found = pattern.search(line)
        if found:
            moment = datetime.datetime.strptime(found.group(1), form)
            return moment.astimezone().timestamp()
    return None


def since_time(lines, since):
    """A line without a time belongs to the one before."""
    if not re.fullmatch(r"\d+[smhd]", since):
        return lines
    after = datetime.datetime.now().timestamp() - int(since[:-1]) * UNITS[since[-1]]
    kept, is_in = [], False
    for line in lines:
        moment = time_of(line)
        is_in = moment >= after if moment is not None else is_in
        if is_in:
            kept.append(line)
    return kept


def of_files(files, since):
    """Where a file was left is told by its length then; one that is shorter now is another one."""
    left = [int(one) for one in since[1:].split(".")] if re.fullmatch(r"@\d+(\.\d+)*", since) else []
    lines, ends = [], []
    for index, file in enumerate(files):
        try:
            with open(file, "rb") as log:
                end = log.seek(0, os.SEEK_END)
                begin = left[index] if index < len(left) and left[index] <= end else 0
                log.seek(max(begin, end - TAIL))
                text = log.read(end - log.tell()).decode("utf-8", "replace")
                if log.tell() > TAIL and begin < end - TAIL:
                    text = text.partition("\n")[2]
        except OSError:
            ends.append(0)
            continue
        # A line that is being written is shown when it has ended.
        whole, _, rest = text.rpartition("\n")
        ends.append(end - len(rest.encode("utf-8", "replace")))
        lines += whole.split("\n") if whole else []
    return since_time(lines, since), "@" + ".".join(map(str, ends))


def of_app(container, since, most):
    command = ["docker", "logs", "--timestamps", "--tail", most]
    command += ["--since", since] if since and not since.startswith("@") else []
    said = subprocess.run(command + [container], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=30)
    text = said.stdout.decode("utf-8", "replace")
    if said.returncode != 0:
        sys.exit("the log of %s was not read: %s" % (container, text.strip()))
    lines, cursor = [], since if STAMP.match(since) else ""
    for line in text.splitlines():
        stamp = STAMP.match(line)
        if stamp and cursor and stamp.group(0).strip() <= cursor and STAMP.match(since):
            continue
        lines.append(STAMP.sub(lambda found: found.group(1) + "Z ", line))
        cursor = stamp.group(0).strip() if stamp else cursor
    return lines, cursor


def main():
    source, since = os.environ.get("EDGE_LOG_SOURCE", "app"), os.environ.get("EDGE_LOG_SINCE", "")
    most = os.environ.get("EDGE_LOG_LINES", "100")
    if source == "app":
        lines, cursor = of_app(os.environ["CONTAINER"], since, most)
    elif source == "nginx":
        folder = os.environ["NGINX_LOGS"]
        lines, cursor = of_files([os.path.join(folder, name) for name in ("access.log", "error.log")], since)
    else:
        lines, cursor = of_files([os.environ["LOG"]], since)
    text = "\n".join(lines[-int(most):])
    # Before anything is cut: of a value that is cut, a part would stay.
    for value in secrets():
        text = text.replace(value, "***")
    shown = [line[:LONGEST] for line in text.split("\n")]
    while len("\n".join(shown)) > MOST:
        shown = shown[1:]
    sys.stdout.write("\n".join(["cursor=" + cursor] + shown) + "\n")


main()
