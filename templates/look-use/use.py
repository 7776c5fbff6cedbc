# Says whether somebody uses this host, as one JSON object of the shape that functions/lib/idle/look.ts describes. Reads only.
#
# Durations are counted by the time since the boot, which nobody sets. Each look asks nginx with that time as an argument, and nginx notes the question in
# the log of use, between the sessions that ended. So a session ended before the question that follows it, whatever the clock of the day said.
import datetime
import glob
import os
import re
import subprocess
import sys
import time

PROC = os.environ.get("EDGE_PROC_DIR", "/proc")
NET = os.environ.get("EDGE_NET_DIR", "/sys/class/net")
CGROUP = os.environ.get("EDGE_CGROUP_DIR", "/sys/fs/cgroup")
LOG = os.environ["USE_LOG"]
# Bytes of each log file that are read: the newest ones.
TAIL = 4_000_000
# Seconds between the two reads of what is under way, and until nginx must have answered, and noted, the question.
BETWEEN, WAIT = 0.3, float(os.environ.get("EDGE_USE_WAIT", "1"))


def uptime():
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


def read(*parts):
    with open(os.path.join(*parts), encoding="utf-8", errors="replace") as file:
        return file.read()


def ask(hostname, boot, at):
    """What stub_status says to the host itself; None where nginx does not answer so."""
    url = "http://127.0.0.1:80/_ragstream-edge/use?boot=%s&uptime=%.3f" % (boot, at)
    command = ["curl", "--silent", "--max-time", "%g" % WAIT, "--noproxy", "*", "--header", "Host: " + hostname, "--user-agent", "ragstream-edge-use", url]
    said = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=WAIT + 1).stdout.decode("utf-8", "replace")
    writing = re.search(r"Writing: (\d+)", said)
    return int(writing.group(1)) if writing else None


def lines():
    """Of the log before and of the log now, the oldest first."""
    found = []
    for name in (LOG + ".1", LOG):
        try:
            with open(name, "rb") as file:
                size = file.seek(0, os.SEEK_END)
                file.seek(max(0, size - TAIL))
                text = file.read().decode("utf-8", "replace")
        except FileNotFoundError:
            continue
        found += text.split("\n")[1 if size > TAIL else 0 :]
    return [line.split(" ") for line in found]


def quiet_since(hostname, boot, at):
    """The time since the boot of the first question after the last session that ended; None while this look's own is not there."""
    since, noted = None, False
    for kind, site, *rest in (line for line in lines() if len(line) > 3):
        if site != hostname:
            continue
        if kind == "use":
            since = None
        elif kind == "look" and rest[0] == boot:
            if since is None:
                since = float(rest[1])
            noted = noted or rest[1] == "%.3f" % at
    return since if noted else None


def proved_quiet(hostname, boot, at):
    until = uptime() + WAIT
    while True:
        since = quiet_since(hostname, boot, at)
        if since is not None:
            return since
        if uptime() > until:
            sys.exit("the log of use does not hold the line of this look for %s: %s" % (hostname, LOG))
        time.sleep(0.05)


def connections():
    """Of visitors to nginx; a tunnel on this host counts, too. A worker that was killed leaves its answers in the count for ever, but no connections."""
    count = 0
    for name in ("net/tcp", "net/tcp6"):
        try:
            table = read(PROC, name).split("\n")[1:]
        except FileNotFoundError:
            continue
        for line in table:
            words = line.split()
            if len(words) > 3 and words[3] == "01" and int(words[1].rpartition(":")[2], 16) in (80, 443):
                count += 1
    return count


def processes():
    for folder in glob.glob(os.path.join(PROC, "[0-9]*")):
        try:
            command = read(folder, "cmdline").replace("\0", " ")
            stat = read(folder, "stat").rpartition(")")
            yield stat[0].partition("(")[2], command, float(stat[2].split()[19]) / os.sysconf("SC_CLK_TCK")
        except (OSError, IndexError):
            continue


def nginx(hostnames, boot, all_processes):
    at = uptime()
    first = ask(hostnames[0], boot, at)
    time.sleep(BETWEEN)
    asked = {}
    for hostname in hostnames:
        asked[hostname] = uptime()
        last = ask(hostname, boot, asked[hostname])
        if first is None or last is None:
            return None
    # A restart, or a worker that died, cut sessions which no line tells of.
    youngest = max([start for name, _, start in all_processes if name == "nginx"], default=0)
    since = max(youngest, *[proved_quiet(hostname, boot, asked[hostname]) for hostname in hostnames])
    sessions = max(0, min(first, last) - 1)
    return {"sessions": min(sessions, connections()), "quiet": round(max(0, uptime() - since), 3)}


def cpu_seconds():
    try:
        return int(re.search(r"^usage_usec (\d+)", read(CGROUP, "cpu.stat"), re.M).group(1)) / 1e6
    except (OSError, AttributeError):
        pass
    try:
        # Version 1 of control groups. A host that is a container itself has its own share there, and /proc/stat is that of the whole machine.
        return int(read(CGROUP, "cpuacct", "cpuacct.usage")) / 1e9
    except OSError:
        words = read(PROC, "stat").split("\n")[0].split()[1:9]
        return sum(int(word) for index, word in enumerate(words) if index not in (3, 4)) / os.sysconf("SC_CLK_TCK")


def network_bytes():
    files = glob.glob(os.path.join(NET, "rsedge*", "statistics", "[rt]x_bytes"))
    return sum(int(read(file)) for file in files)


def gpu():
    if not any(os.access(os.path.join(folder, "nvidia-smi"), os.X_OK) for folder in os.environ["PATH"].split(":")):
        return None
    command = ["nvidia-smi", "--query-gpu=utilization.gpu", "--format=csv,noheader,nounits"]
    said = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=2.5, check=True)
    return max(float(line) for line in said.stdout.decode().split())


def is_person(name, command):
    """A login at a terminal or by SSH, or a session of Systems Manager."""
    return name == "login" or re.match(r"sshd(-session)?: \S+@|\S*ssm-session-worker ", command) is not None


def text(value):
    """As JSON: the smallest Python of a system (python3-minimal) has no module for it. Texts here are an id and a time."""
    if value is None:
        return "null"
    if isinstance(value, dict):
        return "{%s}" % ", ".join('"%s": %s' % (name, text(one)) for name, one in value.items())
    return '"%s"' % re.sub(r"[^0-9A-Za-z:-]", "", value) if isinstance(value, str) else repr(value)


def main():
    hostnames = os.environ["EDGE_HOSTNAMES"].split(",")
    boot = read(PROC, "sys/kernel/random/boot_id").strip()
    found = list(processes())
    seen = {"schema": 1, "bootId": boot, "nginx": nginx(hostnames, boot, found)}
    seen.update(gpu=gpu(), people=sum(is_person(name, command) for name, command, _ in found))
    clock = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    seen.update(networkBytes=network_bytes(), cpuSeconds=round(cpu_seconds(), 3), clock=clock, uptime=round(uptime(), 3))
    print(text(seen))


try:
    main()
except (OSError, ValueError, subprocess.SubprocessError) as error:
    sys.exit("%s: %s" % (type(error).__name__, error))
