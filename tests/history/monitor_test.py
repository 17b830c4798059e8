#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The monitor and its history: what it sees is remembered and reported, what was usual comes back after
a restart, and a database that is away keeps nobody from being measured.

monitor_test.py MONITOR REFLECTOR REPORT"""
import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../examples"))
from monitor_programs import Monitor, check, configure, reflect, run_tests, work
from private_mariadb import PrivateMariadb

REPORT = sys.argv[3]
NOW_MS, HOUR_MS = int(time.time() * 1000), 3_600_000
TEST = {"interval_s": 3, "packets": 20, "spacing_ms": 2, "trains": 1, "quiet_trains": 5}


def report(store, *args):
    done = subprocess.run([REPORT, "--history", store, *args], capture_output=True, text=True)
    return done.returncode, done.stdout, done.stderr


def rows(file, sql):
    with contextlib.closing(sqlite3.connect(file, timeout=10)) as db:
        return db.execute(sql).fetchall()


def fill(store, samples):
    """Writes (at_ms, host, latency_ms, bandwidth_mbps) as a monitor would have."""
    file = os.path.join(work, "past.csv")
    with open(file, "w") as f:
        f.write("time,host,latency_ms,bandwidth_mbps\n")
        f.writelines(",".join(map(str, s)) + "\n" for s in samples)
    code = report(store, "import", file, "--time-unit", "milliseconds")[0]
    check("the past is written", code == 0)


def remembered(store, name):
    """Two hosts for some seconds, and then a report of them."""
    near, near_at = reflect("--delay-ms", "10")
    _, far_at = reflect("--delay-ms", "60")
    hosts = [{"name": "near", "address": near_at}, {"name": "far", "address": far_at}]
    m = Monitor(configure(hosts, full_test=TEST, history={"to": store, "interval_s": 1}))
    m.until(name + ": it is tested", lambda p, h: all(h[n]["full_tests"]["ended"] for n in h))
    near.stop(signal.SIGKILL)
    m.until(name + ": it moves", lambda p, h: h["far"]["chosen"])
    end = time.time() + 20
    while m.metric("hostpick_history_written_total") < 14 and time.time() < end:
        time.sleep(0.1)
    check(name + ": it is written", m.metric("hostpick_history_written_total") >= 14)
    check(name + ": all is well", m.metric("hostpick_history_up") == 1)
    taken = m.metric("hostpick_history_taken_total")
    code, seconds = m.stop()
    check(name + ": it stops", code == 0 and seconds < 2.2, code, seconds)
    code, out, err = report(store, "--today", "--days", "2", "--format", "json")
    check(name + ": it is reported", code == 0, err)
    days = {}
    for day in json.loads(out)["days"]:
        for key in ("samples", "failed"):
            days.setdefault(day["host"], {}).setdefault(key, 0)
            days[day["host"]][key] += day[key]
        days[day["host"]].update({k: v for k, v in day.items() if v is not None and k not in ("samples", "failed")})
    check(name + ": latencies", 9.9 < days["near"]["latency_min_ms"] < 14 and
          59.9 < days["far"]["latency_median_ms"] < 64, days)
    check(name + ": failures", days["near"]["failed"] > 0 and days["far"]["failed"] == 0, days)
    check(name + ": scores", all(0 < days[n]["score_mean"] < 100 for n in days), days)
    check(name + ": tests", days["far"]["bandwidth_mean_mbps"] > 1, days)
    total = days["near"]["samples"] + days["far"]["samples"]
    check(name + ": nothing is lost at the end", taken <= total + 2 and total > 10, taken, total)


def sqlite():
    file = os.path.join(work, "seen.db")
    remembered(file, "SQLite")
    found = rows(file, "SELECT host, reason, record FROM decisions ORDER BY at_ms")
    check("decisions", [host for host, _, _ in found] == ["near", "far"], found)
    check("with all of them", json.loads(found[-1][2])["before"] == "near" and
          json.loads(found[-1][2])["reason"] == found[-1][1], found[-1])
    bandwidths = rows(file, "SELECT COUNT(*), COUNT(bandwidth_mbps) FROM samples JOIN hosts ON id = host_id "
                            "WHERE name = 'far'")[0]
    check("a bandwidth is of one sample", 0 < bandwidths[1] < bandwidths[0], bandwidths)
    # What was seen today was seen yesterday, for who asks tomorrow.
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as db:
        db.execute("UPDATE samples SET at_ms = at_ms - 86400000")
    code, out, err = report(file, "--days", "2")
    check("yesterday's summary", code == 0 and "near" in out and "far" in out, out, err)


def mariadb():
    missing = PrivateMariadb.missing()
    if missing:
        print("MariaDB left out: there is no " + missing)
        return
    with tempfile.TemporaryDirectory() as folder:
        db = PrivateMariadb(folder)
        try:
            remembered(db.target, "MariaDB")
            _, at = reflect("--delay-ms", "10")
            m = Monitor(configure([{"name": "a", "address": at}], full_test=TEST,
                                  history={"to": db.target, "interval_s": 1}))
            m.until("it is measured", lambda p, h: h["a"]["probes"]["sent"] > 10)
            db.stop(signal.SIGKILL)
            end = time.time() + 20
            while m.metric("hostpick_history_up") == 1 and time.time() < end:
                time.sleep(0.1)
            check("that it is away is shown", m.metric("hostpick_history_up") == 0)
            before = m.hosts()[1]["a"]["probes"]["sent"]
            time.sleep(2)
            after = m.hosts()[1]["a"]["probes"]
            check("measuring goes on", after["sent"] > before + 15 and after["lost"] == 0, before, after)
            check("samples wait", m.metric("hostpick_history_waiting") > 1)
            db.start()
            end = time.time() + 40
            while m.metric("hostpick_history_waiting") > 2 and time.time() < end:
                time.sleep(0.1)
            check("and are written", m.metric("hostpick_history_up") == 1 and m.metric("hostpick_history_waiting") <= 2)
            check("none is refused", m.metric("hostpick_history_refused_full_total") == 0)
            code, seconds = m.stop()
            check("it stops", code == 0 and seconds < 2.2, code, seconds)
        finally:
            db.stop()


def killed():
    """Killed without a warning, it loses two seconds at most."""
    _, at = reflect("--delay-ms", "10")
    file = os.path.join(work, "killed.db")
    m = Monitor(configure([{"name": "a", "address": at}], history={"to": file, "interval_s": 1}))
    m.until("it is measured", lambda p, h: h["a"]["probes"]["sent"] > 60)
    taken = m.metric("hostpick_history_taken_total")
    m.process.kill()
    m.process.wait()
    check("the database is sound", rows(file, "PRAGMA integrity_check") == [("ok",)])
    there = rows(file, "SELECT COUNT(*) FROM samples")[0][0] + rows(file, "SELECT COUNT(*) FROM decisions")[0][0]
    check("at most two seconds are lost", there >= taken - 3 and there > 3, there, taken)


def usual():
    """What was usual before a start: bandwidths, and hours that are quiet."""
    _, at = reflect("--delay-ms", "10")
    file = os.path.join(work, "usual.db")
    begin = NOW_MS // HOUR_MS * HOUR_MS - 10 * 24 * HOUR_MS
    this_hour = NOW_MS // HOUR_MS % 24
    samples = []
    for n in range(10 * 24 * 4):
        hour = (begin // HOUR_MS + n // 4) % 24
        near_now = min((hour - this_hour) % 24, (this_hour - hour) % 24) <= 1
        samples.append((begin + n * HOUR_MS // 4, "quiet now", 10 if near_now else 30 + hour, 1e6 if n % 4 == 0 else ""))
        samples.append((begin + n * HOUR_MS // 4, "loud now", 30 if near_now else 10 + hour / 10, ""))
    fill(file, samples)
    hosts = [{"name": n, "address": at} for n in ("quiet now", "loud now", "new")]
    config = configure(hosts[1:], full_test=TEST, history={"to": file, "interval_s": 1},
                       alerts=[{"name": "Narrow", "value": "bandwidth_mbps", "is": "below", "threshold": 0.5,
                                "of_baseline": True, "severity": "info", "for_s": 0}])
    m = Monitor(config)
    m.until("hours are known", lambda p, h: "quiet_hours_utc" in h["loud now"]["full_tests"])
    with open(config) as f:
        document = json.load(f)
    document["hosts"] = hosts  # one of which is new here, and not in the history
    with open(config, "w") as f:
        json.dump(document, f)
    m.process.send_signal(signal.SIGHUP)
    m.says("reloaded")
    _, found = m.until("all are tested twice", lambda p, h: len(h) == 3 and all(h[n]["full_tests"]["ended"] > 1 for n in h))
    tests = {n: h["full_tests"] for n, h in found.items()}
    check("hours are known", this_hour in tests["quiet now"]["quiet_hours_utc"] and
          len(tests["loud now"]["quiet_hours_utc"]) == 4 and this_hour not in tests["loud now"]["quiet_hours_utc"] and
          "quiet_hours_utc" not in tests["new"], tests)
    check("tests are detailed where it is quiet", tests["quiet now"]["detailed"] > 0 and
          tests["loud now"]["detailed"] == 0 and tests["new"]["detailed"] == 0, tests)
    alerts = json.loads(m.get("/alerts")[1])["alerts"]
    check("less than half of what was usual", [(a["host"], a["state"]) for a in alerts] == [("quiet now", "firing")], alerts)
    # Where it is remembered changes with the next start.
    with open(config) as f:
        document = json.load(f)
    document["history"]["to"] = os.path.join(work, "other.db")
    with open(config, "w") as f:
        json.dump(document, f)
    m.process.send_signal(signal.SIGHUP)
    m.says("/history changes with the next start only")
    m.says("(?s)reloaded.*reloaded")
    check("hours are still known", "quiet_hours_utc" in m.hosts()[1]["quiet now"]["full_tests"])
    check("it stops", m.stop()[0] == 0)
    check("nothing was made", not os.path.exists(os.path.join(work, "other.db")))


def resumed():
    """A restart leaves the session where it ran, unless that was long ago, or the host has failed."""
    _, at = reflect("--delay-ms", "10")
    gone, gone_at = reflect("--delay-ms", "10")
    gone.stop(signal.SIGKILL)
    file = os.path.join(work, "resumed.db")
    hosts = [{"name": n, "address": at} for n in "ab"] + [{"name": "gone", "address": gone_at}]
    config = configure(hosts, full_test=TEST, history={"to": file, "interval_s": 1}, sticky={"lead_s": 1, "dwell_s": 0, "margin": 20})

    def starts_on(since_ms, host):
        now = int(time.time() * 1000)
        fill(file, [(now - since_ms, "a", 10, "")])
        with contextlib.closing(sqlite3.connect(file, timeout=10, isolation_level=None)) as db:
            db.execute("DELETE FROM samples WHERE at_ms > ?", [now - since_ms])
            db.execute("DELETE FROM decisions")
            db.execute("INSERT INTO decisions VALUES (?, ?, 'better', '{}')", [now - since_ms, host])
        m = Monitor(config)
        m.until("it is chosen", lambda p, h: p["chosen"] and h["a"]["full_tests"]["ended"] and h["b"]["full_tests"]["ended"])
        time.sleep(1)
        page, text = m.hosts()[0], m.text()
        check("it stops", m.stop()[0] == 0)
        return page["chosen"], "the session goes on as before this start, on " + host in text

    for host in "abab":
        chosen, said = starts_on(60_000, host)
        check("it goes on where it ran", chosen == host and said, host, chosen, said)
    chosen, said = starts_on(660_000, "b")
    check("long ago is not now", not said, chosen)
    chosen, said = starts_on(60_000, "gone")
    check("a host that has failed is left", chosen in ("a", "b") and said, chosen, said)
    chosen, said = starts_on(60_000, "c")
    check("one that is not watched is none", chosen in ("a", "b") and not said, chosen, said)


def away():
    """A folder that is not there yet, a file of tomorrow, and the command line."""
    _, at = reflect("--delay-ms", "10")
    folder = os.path.join(work, "later")
    file = os.path.join(folder, "history.db")
    m = Monitor(configure([{"name": "a", "address": at}], history={"to": "nowhere", "interval_s": 1}), "--history", file)
    m.says("history: not written, .*later/history.db")
    m.until("measuring goes on", lambda p, h: h["a"]["probes"]["sent"] > 20 and h["a"]["probes"]["lost"] == 0)
    check("that is shown", m.metric("hostpick_history_up") == 0 and m.metric("hostpick_history_waiting") > 0)
    os.mkdir(folder)
    m.says("history: is written again", 40)
    check("and is over", m.metric("hostpick_history_up") == 1)
    check("the file's place counts less", not os.path.exists("nowhere"))
    check("it stops", m.stop()[0] == 0)
    first, last = rows(file, "SELECT MIN(at_ms), MAX(at_ms) FROM samples")[0]
    count = rows(file, "SELECT COUNT(*) FROM samples")[0][0]
    check("nothing was lost", count >= (last - first) / 1100, count, last - first)
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as db:
        db.execute("INSERT INTO schema_version VALUES (99)")
    m = Monitor(configure([{"name": "a", "address": at}], history={"to": file, "interval_s": 1}))
    m.says("what was usual is not known yet: .* version 99")
    m.says("history: not written, .* version 99")
    check("it stops", m.stop()[0] == 0)


run_tests((sqlite, killed, usual, resumed, away, mariadb), sys.argv[4:])
