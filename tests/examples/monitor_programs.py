# SPDX-License-Identifier: MIT
"""What tests of the monitor share: programs that are started and stopped, and what they say. The first
two arguments of such a test are the monitor and the reflector, any after the programs' the names of
tests to run."""
import http.client
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

MONITOR, REFLECTOR = sys.argv[1:3]
work = tempfile.mkdtemp()
started = []
failures = 0


def check(what, good, *more):
    global failures
    if not good:
        failures += 1
        print("FAILED:", what, *more, flush=True)


class Program:
    """A program whose output goes to a file."""

    def __init__(self, *args):
        self.log = os.path.join(work, "log%d" % len(started))
        self.process = subprocess.Popen(args, stdout=open(self.log, "w"), stderr=subprocess.STDOUT)
        started.append(self.process)

    def text(self):
        with open(self.log) as f:
            return f.read()

    def says(self, pattern, seconds=10):
        end = time.time() + seconds
        while time.time() < end:
            found = re.search(pattern, self.text())
            if found:
                return found
            time.sleep(0.05)
        check("it says " + pattern, False, "but: " + self.text()[-2000:])
        return None

    def stop(self, how=signal.SIGTERM):
        begun = time.time()
        self.process.send_signal(how)
        try:
            code = self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = "killed"
        return code, time.time() - begun


class Monitor(Program):
    def __init__(self, *args):
        super().__init__(MONITOR, *args, "--listen", "127.0.0.1:0")
        found = self.says(r"look at http://127\.0\.0\.1:(\d+)/ ")
        self.port = int(found.group(1)) if found else 1

    def get(self, path, method="GET"):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request(method, path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode(), answer

    def hosts(self):
        page = json.loads(self.get("/hosts")[1])
        return page, {h["host"]: h for h in page["hosts"]}

    def until(self, what, condition, seconds=30):
        end = time.time() + seconds
        while time.time() < end:
            page, hosts = self.hosts()
            if hosts and condition(page, hosts):  # of many the first page comes late
                return page, hosts
            time.sleep(0.2)
        check(what, False, json.dumps(hosts)[:3000], self.text()[-1500:])
        return page, hosts

    def metric(self, name, **labels):
        for line in self.get("/metrics")[1].splitlines():
            found = re.fullmatch(r"(\w+)(?:\{(.*)\})? (\S+)", line)
            if found and found.group(1) == name and all(
                    '%s="%s"' % item in (found.group(2) or "") for item in labels.items()):
                return float(found.group(3))
        return None


def reflect(*impairments, listen="127.0.0.1:0"):
    program = Program(REFLECTOR, "--listen", listen, *impairments)
    return program, program.says(r"listening on (\S+)").group(1)


def configure(hosts, name="config.json", **sections):
    """A configuration that measures faster than usual."""
    document = {"hosts": hosts,
                "probe": {"interval_ms": 100, "timeout_ms": 400, "window_s": 4, "outage_ms": 1000},
                "full_test": {"interval_s": 60, "packets": 300, "spacing_ms": 2},
                "sticky": {"lead_s": 1, "dwell_s": 0}}
    document.update(sections)
    path = os.path.join(work, name)
    with open(path, "w") as f:
        json.dump(document, f)
    return path


def run_tests(tests, names):
    """Runs them, or those of that name, and ends this program."""
    try:
        for test in tests:
            if names and test.__name__ not in names:
                continue
            begun = time.time()
            test()
            print("%s: %.1f s" % (test.__name__, time.time() - begun), flush=True)
    finally:
        for process in started:
            if process.poll() is None:
                process.kill()
        shutil.rmtree(work, ignore_errors=True)
    print("all as it should be" if failures == 0 else "%d failed" % failures)
    sys.exit(failures > 0)
