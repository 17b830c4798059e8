#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A report of ten million samples: its memory is bounded, and its numbers are those of plain SQL.

usage: large_test.py DRIVER REPORT [SAMPLES_OF_EACH_HOST]"""
import contextlib
import json
import math
import os
import re
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time

DRIVER, REPORT = sys.argv[1:3]
HOSTS, EACH = 20, int(sys.argv[3]) if len(sys.argv) > 3 else 500_000
START_MS, DAY_MS = 1_704_067_200_000, 86_400_000
PLAIN = """SELECT at_ms / 86400000, name, COUNT(*), AVG(latency_ms), MAX(latency_ms),
    AVG(bandwidth_mbps), SUM(failed) FROM samples JOIN hosts ON id = host_id
    GROUP BY 1, 2"""


def timed(what, work):
    began = time.monotonic()
    result = work()
    took = time.monotonic() - began
    print(f"{what}: {took:.1f} s, {HOSTS * EACH / took / 1e6:.2f} million samples a second")
    return result


with tempfile.TemporaryDirectory() as folder:
    file = os.path.join(folder, "history.db")
    timed("written", lambda: subprocess.run([DRIVER, "fill", file, str(HOSTS), str(EACH), "1000"],
                                            check=True))
    done = timed("report", lambda: subprocess.run(
        [REPORT, "--history", file, "--from", "2024-01-01", "--days", "31", "--format", "json",
         "--progress", "always"], check=True, capture_output=True, text=True))
    most_mb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"at most {most_mb:.0f} MB of memory, {os.path.getsize(file) / 1e6:.0f} MB of file")
    with contextlib.closing(sqlite3.connect(file)) as db:
        rows = timed("plain SQL, without quantiles and incidents",
                     lambda: db.execute(PLAIN).fetchall())
    ours = {(r["from_ms"] // DAY_MS, r["host"]):
            (r["samples"], r["latency_mean_ms"], r["latency_max_ms"], r["bandwidth_mean_mbps"],
             r["failed"]) for r in json.loads(done.stdout)["days"]}
    same = len(ours) == len(rows) and all(
        all(math.isclose(a, b, rel_tol=1e-9) for a, b in zip(ours[row[:2]], row[2:]))
        for row in rows)
    print("the same numbers" if same else "WRONG: other numbers")
    small = most_mb < 60
    print("bounded memory" if small else "WRONG: too much memory")
    # A return is a line's end for Python.
    shares = [int(x) for x in re.findall(r"\n\[#* *\] +(\d+) %", done.stderr)]
    bar = len(shares) > 2 and shares == sorted(shares) and "s to go" in done.stderr and \
        done.stderr.endswith("\n\033[K")
    print("a progress bar" if bar else f"WRONG: no progress bar: {done.stderr!r}")
    sys.exit(0 if same and small and bar else 1)
