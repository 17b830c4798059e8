#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""monitor_load_test.py MONITOR MANY_REFLECTORS [HOSTS [SECONDS]]: the monitor with many hosts for a
while: it loses nothing, its memory stays as it is, and it says what it costs."""
import json
import os
import re
import resource
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request

MONITOR, REFLECTORS = sys.argv[1:3]
HOSTS = int(sys.argv[3]) if len(sys.argv) > 3 else 1000
SECONDS = int(sys.argv[4]) if len(sys.argv) > 4 else 120
WARM_UP = 30
TICK = os.sysconf("SC_CLK_TCK")


def cpu_seconds(process):
    with open(f"/proc/{process.pid}/stat") as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def memory_kb(process):
    with open(f"/proc/{process.pid}/status") as f:
        return int(re.search(r"VmRSS:\s+(\d+)", f.read()).group(1))


def main():
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 8192) if most > 0 else 8192, most))
    with tempfile.TemporaryDirectory() as folder:
        config, log = os.path.join(folder, "hosts.json"), os.path.join(folder, "log")
        with open(config, "w") as f:
            reflectors = subprocess.Popen([REFLECTORS, str(HOSTS), "1000"], stdout=f)
        for _ in range(200):
            time.sleep(0.05)
            try:
                with open(config) as f:
                    document = json.load(f)
                break
            except ValueError:
                continue
        # Every host is tested in half a minute.
        document["full_test"] = {"interval_s": 30, "packets": 100, "spacing_ms": 5, "trains": 1,
                                 "at_once": max(1, HOSTS // 8)}
        with open(config, "w") as f:
            json.dump(document, f)
        with open(log, "w") as f:
            monitor = subprocess.Popen([MONITOR, config, "--listen", "127.0.0.1:0"], stdout=f, stderr=f)
        try:
            where = None
            while where is None:
                assert monitor.poll() is None, open(log).read()
                time.sleep(0.05)
                where = re.search(r"look at (http://[^/]+)/", open(log).read())

            def get(path):
                begun = time.time()
                with urllib.request.urlopen(where.group(1) + path, timeout=10) as answer:
                    body = answer.read().decode()
                return body, time.time() - begun

            def counters():
                hosts = json.loads(get("/hosts")[0])["hosts"]
                return [sum(h["probes"]["sent"] + h["full_tests"]["packets_sent"] for h in hosts),
                        sum(h["probes"]["lost"] + h["full_tests"]["packets_lost"] for h in hosts),
                        sum(h["full_tests"]["ended"] for h in hosts)]

            for _ in range(WARM_UP // 5):
                time.sleep(5)
                get("/metrics"), get("/hosts")
            # The last rounds of the first tests.
            while counters()[2] < HOSTS:
                time.sleep(1)
            before, cpu, memory = counters(), cpu_seconds(monitor), [memory_kb(monitor)]
            begun, scrapes = time.time(), []
            while time.time() - begun < SECONDS:
                time.sleep(5)
                page, took = get("/metrics")
                scrapes.append(took)
                get("/hosts")
                memory.append(memory_kb(monitor))
            after, seconds = counters(), time.time() - begun
            used = cpu_seconds(monitor) - cpu
            packets, lost, tests = (b - a for a, b in zip(before, after))
            scrapes.sort()
            print(f"{HOSTS} hosts for {seconds:.0f} s: {packets / seconds:.0f} packets/s, {lost} lost, {tests} full tests")
            print(f"CPU {100 * used / seconds:.1f} % of a core, {1000 * used / packets * 100:.1f} % at 1000 packets/s")
            print(f"memory {memory[0]} kB, then {min(memory)} to {max(memory)} kB")
            print(f"page {len(page)} bytes, scraped in {1000 * scrapes[len(scrapes) // 2]:.1f} ms (median), "
                  f"{1000 * scrapes[-1]:.1f} ms at most")
            assert packets > 0.9 * HOSTS * seconds, packets
            assert lost <= packets / 500, lost
            assert tests >= HOSTS * (seconds // 40), tests
            assert max(memory) < memory[0] * 1.25 + 4000, memory
            monitor.send_signal(signal.SIGTERM)
            begun = time.time()
            assert monitor.wait(10) == 0 and time.time() - begun < 2
        finally:
            monitor.kill()
            reflectors.kill()


main()
