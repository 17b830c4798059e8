#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The same history in SQLite and in MariaDB gives the same report, and that of a brute-force
evaluation; real measurements show what is known of them.

usage: report_test.py REPORT DATA_FOLDER"""
import contextlib
import csv
import html.parser
import json
import math
import os
import random
import re
import sqlite3
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as xml
from datetime import date, datetime, timezone

import brute_force
from private_mariadb import PrivateMariadb

REPORT, DATA = sys.argv[1:3]
FIELDS = ["latency", "jitter", "loss", "bandwidth", "score"]
SPARSE = "<script>'s,parse' \"ü\" & ]]>"  # a name that no format should trip over
faults = 0


def check(what, fine, *more):
    global faults
    if not fine:
        faults += 1
        print("WRONG:", what, *more)


def run(*arguments, code=0):
    done = subprocess.run([REPORT, "--progress", "never", *map(str, arguments)],
                          capture_output=True, text=True, timeout=60)
    check(f"exit code of {arguments}", done.returncode == code, done.returncode, done.stderr)
    return done.stderr if code == 2 else done.stdout


def close(a, b, tolerance=1e-7):
    if None not in (a, b) and not isinstance(a, str) and not isinstance(b, str):
        return math.isclose(a, b, rel_tol=tolerance, abs_tol=1e-9)
    return a == b


def compare(name, store, history, zone_name, first, last, experience=None, lags_minutes=(0,), stretch_minutes=60):
    """The report as JSON, after it was found to be that of the brute force. `experience` is a file
    and what stands there: {host: [(at, number), ...]}, or of all hosts that of ""."""
    zone = brute_force.zone_of(zone_name)
    end = date.fromordinal(last.toordinal() + 1)
    text = run("--history", store, "--time-zone", zone_name, "--from", first, "--to", end,
               *(["--experience", experience[0], "--experience-time-unit", "milliseconds",
                  "--experience-column", "how it was",
                  *(x for lag in lags_minutes for x in ("--experience-lag-minutes", lag))]
                 if experience else []), "--correlation-minutes", stretch_minutes,
               "--format", "json", code=0 if any_day(history, first, last, zone) else 1)
    ours = json.loads(text)
    wanted = brute_force.daily(history, first, last, zone)
    check(f"{name}: days", [(r["day"], r["host"]) for r in ours["days"]] ==
          [(r["day"], r["host"]) for r in wanted], len(ours["days"]), len(wanted))
    for mine, other in zip(ours["days"], wanted):
        exact = mine["samples"] <= 15_360  # then quantiles are within 1/2048
        check(f"{name}: {mine['host']} {mine['day']} what goes on", [e["from_ms"] for e in mine["episodes"] if e["goes_on"]] ==
              other.pop("going_on") or mine["episodes_not_kept"], mine["episodes"])
        for key, value in other.items():
            rough = not exact and ("_p" in key or "median" in key)
            check(f"{name}: {mine['host']} {mine['day']} {key}",
                  close(value, mine[key], 1 / 100 if rough else 1e-7), mine[key], value)
    for h in ours["hosts"]:
        samples = history[h["host"]]
        for mine, other in zip(h["hourly"], brute_force.hourly(samples, first, last, zone)):
            exact = max(mine["latencies"], mine["bandwidths"]) <= 960
            for key, value in other.items():
                check(f"{name}: {h['host']} hour {mine['hour']} {key}",
                      close(value, mine[key], 1e-7 if exact or "_p" not in key else 1 / 100),
                      mine[key], value)
        check(f"{name}: {h['host']} weekdays", all(
            close(x, y) for day, wanted_day in zip(
                brute_force.by_weekday(samples, first, last, zone),
                h["latency_p50_ms_by_weekday_and_hour"]) for x, y in zip(day, wanted_day)))
        days = [r for r in reversed(ours["days"]) if r["host"] == h["host"]]
        for key, value in [("latency_ms", "latency_median_ms"),
                           ("bandwidth_mbps", "bandwidth_median_mbps")]:
            points = [(r["from_ms"], r[value]) for r in days if r[value] is not None]
            slope, trend, outlook = brute_force.slope_per_day(points), h["trend"][key], h["outlook"][key]
            check(f"{name}: {h['host']} trend of {key}",
                  close(slope, trend.get("per_day"), 1e-6), trend, slope)
            limit = 200 if key == "latency_ms" else 10
            foreseen = slope is not None and trend["significant"] and \
                0 <= brute_force.crossing_ms(points, slope, limit) - points[-1][0] <= 365 * 86_400_000
            check(f"{name}: {h['host']} outlook of {key}", outlook["limit"] == limit and
                  ("at_ms" in outlook) == foreseen and (("not foreseeable" in outlook["says"]) != foreseen) and
                  (not foreseen or abs(outlook["at_ms"] - brute_force.crossing_ms(points, slope, limit)) < 60_000 and
                   outlook["earliest_ms"] <= outlook["at_ms"] <= (outlook["latest_ms"] or math.inf)), outlook, points, slope)
        if len(samples) > 3000:
            continue  # ranks the long way take too long
        told = experience[1].get(h["host"], experience[1].get("", [])) if experience else []
        check(f"{name}: {h['host']} what is correlated", len(h["correlation"]) ==
              (4 + 5 * len(lags_minutes) if told else 4), h["correlation"])
        for row in h["correlation"]:
            one, other = (row[k].split("_")[0].replace("packet", "loss")
                          for k in ("first", "second"))
            rho, r, pairs, worth = brute_force.correlations(samples, first, last, zone, one, other, told,
                                                            row.get("lag_minutes", 0) * 60_000, stretch_minutes * 60_000)
            check(f"{name}: {h['host']} correlation {row['first']} {row['second']}",
                  ("lag_minutes" in row) == (row["second"] == "experience") and
                  (rho is None and "unknown" in row or rho is not None and "r" in row and
                   abs(rho - row["r"]) < 1e-6 and pairs == row["pairs"] and close(worth, row["worth"], 1e-6)) and
                  (r is None and "unknown" in row["pearson"] or abs(r - row["pearson"]["r"]) < 1e-6), row, rho, r, pairs, worth)
    return text


def any_day(history, first, last, zone):
    return bool(brute_force.daily(history, first, last, zone))


def made_up():
    """Hosts with failures, sentinels, blanks, holes, one sample and none in the days, over clock
    changes and a leap day: {name: (zone, first, last, {host: samples})}."""
    r = random.Random(1)
    for name, zone, first, last in [
            ("spring", "Europe/Berlin", date(2024, 3, 28), date(2024, 4, 3)),
            ("autumn", "America/New_York", date(2024, 10, 31), date(2024, 11, 6)),
            ("no midnight", "America/Santiago", date(2024, 9, 5), date(2024, 9, 11)),
            ("leap day", "UTC", date(2024, 2, 26), date(2024, 3, 3)),
            ("half an hour", "+05:30", date(2023, 12, 28), date(2024, 1, 3))]:
        z = brute_force.zone_of(zone)
        start = brute_force.midnight(first, z) - 3 * 86_400_000
        end = brute_force.midnight(last, z) + 3 * 86_400_000
        hosts = {}
        for host, step in [("dense", 240_000), (SPARSE, 1_800_000),
                           ("holes", 600_000), ("one", 0), ("elsewhere", 0)]:
            samples, at, bad = [], start, False
            while at < end and step:
                at += r.choice([step, step, step - 1, step // 2 + 1])
                if host == "holes" and r.random() < 0.01:
                    at += r.choice([1, 30]) * 3_600_000
                bad = bad != (r.random() < 0.08)
                samples.append({
                    "at": at, "failed": bad and r.random() < 0.3,
                    "latency": r.choice([200.001, 300.0, 999.5, 1000.0, 1000.5, 1_800_000.0])
                    if bad else r.choice([None, 20 + 5 * r.random(), 0.0, 200.0, 31.25]),
                    "loss": r.choice([None, 0.0, 0.0, 0.02] + [1.0] * bad),
                    "jitter": r.choice([None, 1 + r.random()]),
                    "bandwidth": r.choice([None, None, 0.0, 30 + r.random() * 5]),
                    "score": r.choice([None, 90.0, 50 + 50 * r.random()])})
            if host == "one":
                samples = [{"at": brute_force.midnight(last, z), "failed": False, "latency": 12.5,
                            "loss": None, "jitter": None, "bandwidth": None, "score": None}]
            if host == "elsewhere":
                samples = [{"at": end + 86_400_000, "failed": False, "latency": 12.5,
                            "loss": None, "jitter": None, "bandwidth": None, "score": None}]
            hosts[host] = [s for s in samples if s["failed"] or any(s[f] is not None for f in FIELDS)]
            if host == "holes":  # since long before the first day, and now and then a score
                hosts[host] = [s for s in hosts[host] if s["at"] > start + 4 * 86_400_000 or s["failed"]] + [
                    {"at": start - 9 * 86_400_000 + k * 600_000, "failed": k > 3, "latency": 20.0 if k <= 3 else None, "loss": None,
                     "jitter": None, "bandwidth": None, "score": 70.0 if k % 9 == 0 else None} for k in range(1900)]
                taken = {s["at"]: s for s in hosts[host]}
                hosts[host] = [taken[at] for at in sorted(taken)]
        yield name, zone, first, last, hosts


def write_csv(file, hosts):
    with open(file, "w", newline="", encoding="utf-8") as f:
        out = csv.writer(f, lineterminator="\n")
        out.writerow(["host", "when", "latency_ms", "jitter_ms", "packet_loss", "bandwidth_mbps",
                      "score", "failed", "something else"])
        rows = [[host, s["at"]] + ["" if s[x] is None else repr(s[x]) for x in FIELDS] +
                [int(s["failed"]), "x"] for host, samples in hosts.items() for s in samples]
        random.Random(2).shuffle(rows)  # in any order
        out.writerows(rows)
    return len(rows)


def experience(folder, hosts, by_host):
    """How players found it: worse where the latency is above 200 ms, and blank now and then."""
    r, told, file = random.Random(3), {}, os.path.join(folder, "experience.csv")
    for host, samples in hosts.items():
        for s in samples:
            if host != "holes" and r.random() < 0.3:
                number = 1.0 if (s["latency"] or 0) > 200 else r.choice([3.0, 4.5, 5.0])
                told.setdefault(host if by_host else "", []).append((s["at"] + 60_000, number))
    rows = [([host] if by_host else []) + [at, repr(number)] for host in told for at, number in told[host]]
    rows.append((["dense"] if by_host else []) + [rows[0][-2] + 1, ""])
    r.shuffle(rows)
    with open(file, "w", newline="", encoding="utf-8") as f:
        out = csv.writer(f, lineterminator="\n")
        out.writerow((["host"] if by_host else []) + ["time", "how it was"])
        out.writerows(rows)
    return file, told


def brisbane(folder, store):
    file = os.path.join(DATA, "speedtest_brisbane_2017-10_2018-06.csv")
    rows = list(csv.DictReader(open(file, encoding="utf-8")))
    sentinel = os.path.join(folder, "sentinel.csv")
    with open(sentinel, "w", encoding="utf-8") as f:  # as later months of the series have them
        f.write("time,ping_ms,down_mbps\n2018-05-20T03:10:00+10:00,1800000,0\n")
    columns = ["--column", "latency_ms=ping_ms", "--column", "bandwidth_mbps=down_mbps"]
    for f, n in [(file, len(rows)), (sentinel, 1), (file, len(rows))]:
        text = run("--history", store, "--time-zone", "+10:00", "import", f, "--name", "home",
                   *columns)
        check("brisbane: import", text.startswith(f"{n} rows read, {n} written, 0 "), text)
    samples = {datetime.fromisoformat(r["time"]): r for r in rows}
    history = {"home": sorted(
        [{"at": round(t.timestamp() * 1000), "failed": False, "latency": float(r["ping_ms"]),
          "bandwidth": float(r["down_mbps"]), "loss": None, "jitter": None, "score": None}
         for t, r in samples.items()] +
        [{"at": round(datetime.fromisoformat("2018-05-20T03:10:00+10:00").timestamp() * 1000),
          "failed": False, "latency": 1_800_000.0, "bandwidth": 0.0, "loss": None,
          "jitter": None, "score": None}], key=lambda s: s["at"])}
    report = json.loads(compare("brisbane", store, history, "+10:00", date(2017, 10, 13),
                                date(2018, 6, 30)))
    host = report["hosts"][0]
    changes = [(c["day"], round(c["before"], 2), round(c["after"], 2))
               for c in host["changes"]["bandwidth_mbps"]]
    check("brisbane: the step of May", changes == [("2018-05-13", 34.36, 54.36)], changes)
    dip = {h["hour"]: h for h in host["hourly"]}
    evening = max(dip[h]["bandwidth_p10_mbps"] for h in range(18, 23))
    morning = min(dip[h]["bandwidth_p10_mbps"] for h in range(3, 10))
    check("brisbane: the evening dip", evening < morning - 1.5, evening, morning)
    check("brisbane: latency rises in the evening", dip[21]["latency_p50_ms"] >
          dip[4]["latency_p50_ms"] + 2)
    day = next(d for d in report["days"] if d["day"] == "2018-05-20")
    check("brisbane: a sentinel is a failure, and part of no average",
          day["failed"] == 1 and day["incidents"] == 1 and day["latency_mean_ms"] < 30 and
          day["bandwidth_mean_mbps"] > 50, day)
    check("brisbane: nothing repeated is counted twice",
          host["samples"] == len(history["home"]), host["samples"])


def netrics(store):
    file = os.path.join(DATA, "sharealike", "netrics_two_homes_2021-07.csv")
    rows = list(csv.DictReader(open(file, encoding="utf-8")))
    columns = ["latency_ms=rtt_max_ms", "jitter_ms=ookla_jitter_ms",
               "packet_loss_percent=ookla_loss_pct", "bandwidth_mbps=ookla_up_mbps"]
    text = run("--history", store, "import", file, *[a for c in columns for a in ("--column", c)])
    number = lambda t: float(t) if t else None
    history, blank = {}, 0
    for r in rows:
        s = {"at": round(datetime.fromisoformat(r["time"].replace("Z", "+00:00"))
                         .timestamp() * 1000), "failed": False,
             "latency": number(r["rtt_max_ms"]), "jitter": number(r["ookla_jitter_ms"]),
             "loss": number(r["ookla_loss_pct"]), "bandwidth": number(r["ookla_up_mbps"]),
             "score": None}
        if s["loss"] is not None:
            s["loss"] /= 100
        if all(s[f] is None for f in FIELDS):
            blank += 1
            continue
        history.setdefault(r["host"], {})[s["at"]] = s  # of a repeated time the last holds
    check("netrics: blank rows are counted", f" {blank} without a number" in text, text, blank)
    history = {h: [s for _, s in sorted(by_time.items())] for h, by_time in history.items()}
    compare("netrics", store, history, "America/Chicago", date(2021, 6, 30), date(2021, 8, 1))


def outputs(folder, store):
    """CSV, HTML, the days that are taken unless said otherwise, and what is refused."""
    file = os.path.join(folder, "page.html")
    text = run("--history", store, "--time-zone", "Europe/Berlin", "--from", "2024-03-28", "--days",
               7, "--format", "csv", "--html", file)
    lines = list(csv.DictReader(text.splitlines()))
    check("CSV has a row for each day of each host", len(lines) > 20 and
          {r["host"] for r in lines} >= {"dense", SPARSE, "one"}, len(lines))
    days = json.loads(run("--history", store, "--time-zone", "Europe/Berlin", "--from",
                          "2024-03-28", "--days", 7, "--format", "json"))["days"]
    check("CSV has the numbers of JSON, with all digits", len(days) == len(lines) and all(
        str(day[key]) == value or day[key] is None and value == "" or float(value) == day[key]
        for day, line in zip(days, lines) for key, value in line.items()))
    text = run("--history", store, "--time-zone", "Europe/Berlin", "--from", "2024-03-28", "--days",
               7, "--show", "incidents", "--show", "hourly", "--host", "dense")
    check("tables are for people", text.startswith("Incidents") and "Hours of the day" in text and
          len({line.rindex("  ") for line in text.split("\n\n")[1].splitlines()[1:]}) == 1, text)
    page = open(file, encoding="utf-8").read()
    check("HTML fetches and runs nothing", not any(
        s in page for s in ["<script", "http:", "https:", "url(", "src=", "@import", "onload"]))
    svgs = page.split("<svg")[1:]
    for n, svg in enumerate(svgs):
        drawing = xml.fromstring("<svg" + svg.split("</svg>")[0] + "</svg>")
        ids = drawing.get("aria-labelledby").split()
        check(f"SVG {n} has words", drawing.get("role") == "img" and
              [e.get("id") for e in drawing[:2]] == ids and all(e.text for e in drawing[:2]))
    check("HTML has the charts", len(svgs) >= 7 and "prefers-color-scheme: dark" in page, len(svgs))
    open_tags = []

    class Parser(html.parser.HTMLParser):
        def handle_starttag(self, tag, attributes):
            if tag not in ("meta", "rect", "line", "circle", "path"):
                open_tags.append(tag)

        def handle_endtag(self, tag):
            if tag in ("rect", "circle"):
                return
            check("HTML tags match", open_tags and open_tags.pop() == tag, tag)
    Parser().feed(page.replace("/>", ">"))
    check("HTML is closed", not open_tags, open_tags)

    # What the session did is told of these days and hosts; a record that is no JSON tells nothing of before.
    ms = lambda day, hour: round(datetime(2024, 3, day, hour, tzinfo=timezone.utc).timestamp() * 1000)
    made = [(ms(27, 22), "dense", "starts", None), (ms(27, 23), "one", "starts here", None),
            (ms(28, 5), SPARSE, "better", {"before": "one"}), (ms(28, 6), "dense", "fails", {"before": SPARSE}),
            (ms(28, 7), "", "nobody", {"before": "dense"}), (ms(28, 8), "", "nobody still", {}),
            (ms(29, 8), "dense", "no JSON", "{"), (ms(29, 9), "dense", "odd", {"before": 7}), (ms(30, 23), "dense", "the day after", None)]
    with contextlib.closing(sqlite3.connect(store)) as db, db:
        db.executemany("INSERT INTO decisions VALUES (?, ?, ?, ?)", [
            (at, host, reason, record if isinstance(record, str) else json.dumps(record)) for at, host, reason, record in made])
    days = ["--history", store, "--time-zone", "Europe/Berlin", "--from", "2024-03-28", "--days", 3]
    wanted = [(at, host or None, record["before"] if isinstance(record, dict) and isinstance(record.get("before"), str) else None, reason)
              for at, host, reason, record in reversed(made[1:-1])]
    of = lambda *more, code=0: [(d["at_ms"], d["host"], d["before"], d["reason"])
                        for d in json.loads(run(*days, "--format", "json", *more, code=code))["decisions"]]
    check("decisions of these days", of() == wanted, of(), wanted)
    check("of one host: to it, from it, and to none at all", of("--host", "one", code=1) ==
          [d for d in wanted if "one" in d or d[1:3] == (None, None)])
    text = run(*days, "--show", "decisions", "--html", file)
    check("decisions for people", "2024-03-28T06:00:00+01:00" in text and "one" in text and "better" in text, text)
    page = open(file, encoding="utf-8").read()
    check("decisions on the page", "<script" not in page and ", from one: better" in page and "Incidents and decisions" in page)

    today = datetime.now(timezone.utc)
    midnight = int(today.replace(hour=0, minute=0, second=0, microsecond=0).timestamp() * 1000)
    recent = os.path.join(folder, "recent.csv")
    with open(recent, "w", encoding="utf-8") as f:
        f.write("time,host,latency_ms\n" + "".join(
            f"{midnight + ms},now,{n + 1}\n" for n, ms in enumerate(
                [-7 * 86_400_000 - 1, -7 * 86_400_000, -1, 0])))
    fresh = os.path.join(folder, "recent.db")
    run("--history", fresh, "import", recent, "--time-unit", "milliseconds")
    rows = json.loads(run("--history", fresh, "--format", "json"))["days"]
    check("the last seven whole days", [r["latency_mean_ms"] for r in rows] == [3, 2], rows)
    check("the newest is first", len(rows) == 2 and rows[0]["day"] > rows[1]["day"], rows)
    text = run("--history", fresh, "--from", "1999-01-01", "--days", 3, "--html", file, code=1)
    check("no sample is no error", "none" in text, text)
    rows = json.loads(run("--history", fresh, "--today", "--days", 1, "--format", "json"))["days"]
    check("today", [r["latency_mean_ms"] for r in rows] == [4], rows)
    done = subprocess.run([REPORT, "--history", fresh, "--from", "1999-01-01", "--days", "3"],
                          capture_output=True, text=True)
    stamp = lambda ms: datetime.fromtimestamp(ms / 1000, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S+00:00")
    check("it says what there is", f"from {stamp(midnight - 7 * 86_400_000 - 1)} to {stamp(midnight)} (" in
          done.stderr, done.stderr)

    check("a store that is not there", "no such file" in run("--history", folder + "/no", code=2))
    check("and is not made", not os.path.exists(folder + "/no"))
    check("no such zone", "no time zone" in run("--history", fresh, "--time-zone", "Mars", code=2))
    check("no such day", "2023-02-29" not in run("--history", fresh, "--from", "2023-02-29",
                                                 code=2))
    check("no such host", "no host x; it has now" in run("--history", fresh, "--host", "x", code=2))
    check("too much said", run("--history", fresh, "--from", "2024-01-01", "--to", "2024-01-03",
                               "--days", 2, code=2))
    check("an order", run("--history", fresh, "--from", "2024-01-03", "--to", "2024-01-03", code=2))
    check("a policy", "--incident-above-ms: expected from 0 to --latency-ceiling-ms" in run("--history", fresh, "--incident-above-ms", 2000,
                                                  code=2))
    for content, why in [
            ("time,latency_ms\n1700000001,2\n", "no host is named"),
            ("host,latency_ms\na,2\n", "no column time"),
            ("time,host\n1700000001,a\n", "no column of numbers"),
            ("time,host,latency_ms\n1700000001,a,2\n1700000001,a,x\n", "line 3: latency_ms: expected a number"),
            ("time,host,latency_ms\nyesterday,a,2\n", "line 2: time: expected seconds since 1970"),
            ("time,host,latency_ms\n1700000001,a,-2\n", "line 2: latency_ms: expected a number from 0 on, found"),
            ("time,host,packet_loss\n1700000001,a,2\n", "from 0 to 1 (a ratio; packet_loss_percent takes"),
            ("time,host,packet_loss_percent\n1700000001,a,101\n", "from 0 to 100, found"),
            ("time,host,packet_loss,packet_loss_percent\n1700000001,a,0.1,10\n", "are the same thing"),
            ("time,host,latency_ms\n1700000001000,a,2\n", "expected seconds since 1970 (see --time-unit)"),
            ("time;host;latency_ms\n1700000001;a;2\n", "the first line is \"time;host;latency_ms\""),
            ("time,host,latency_ms\n1700000001,a,nan\n", "from 0 on"),
            ("time,host,latency_ms\n1700000001,,2\n", "line 2: host: expected 1 to 255 bytes"),
            ("time,host,latency_ms,failed\n1700000001,a,2,maybe\n", "true, false, 1, 0 or nothing"),
            ("time,host,latency_ms\n1700000001,a\n", "line 2"),
            ("", "Header missing")]:
        bad = os.path.join(folder, "bad.csv")
        with open(bad, "w", encoding="utf-8") as f:
            f.write(content)
        text = run("--history", fresh, "import", bad, "--time-unit", "seconds", code=2)
        check(f"refused: {content!r}", why in text, text)
    for content, why in [("time,host\n1700000001,a\n", "no column experience"), ("time,experience\n1700000001,-1\n", "line 2: experience: expected a number from 0 on"),
                         ("time,experience\n1700000001,1e11\n", "line 2: experience: expected at most"), ("time,experience\nx,1\n", "line 2: time")]:
        with open(bad, "w", encoding="utf-8") as f:
            f.write(content)
        text = run("--history", fresh, "--experience", bad, "--experience-time-unit", "seconds", code=2)
        check(f"refused: {content!r}", why in text, text)
    check("a column that is not there", "no column zzz" in run(
        "--history", fresh, "import", recent, "--column", "latency_ms=zzz", code=2))
    check("a folder", run("--history", fresh, "import", folder, code=2))
    check("a file that is not there", run("--history", folder + "/new.db", "import", folder + "/no.csv", code=2))
    check("makes no history", not os.path.exists(folder + "/new.db"))
    with open(bad, "w", encoding="utf-8") as f:
        f.write("time,host,packet_loss,latency_ms\n1700000001,a,2,5\n")
    mapped = os.path.join(folder, "mapped.db")
    run("--history", mapped, "import", bad, "--time-unit", "seconds", "--column", "packet_loss_percent=packet_loss",
        "--column", "bandwidth_mbps=latency_ms")
    day = json.loads(run("--history", mapped, "--from", "2023-11-14", "--days", 1, "--format", "json"))["days"][0]
    check("a column under another of our names", close(day["packet_loss_mean"], 0.02) and day["latency_mean_ms"] is None and
          day["bandwidth_mean_mbps"] == 5, day)
    check("a column that is two", "both latency_ms and bandwidth_mbps" in run(
        "--history", mapped, "import", bad, "--column", "bandwidth_mbps=latency_ms", "--column", "latency_ms=latency_ms", code=2))
    # A sample may be a score alone; many a day are counted in digits, and incidents that are too many are said to be.
    with open(bad, "w", encoding="utf-8") as f:
        f.write("time,host,score\n" + "".join(f"{1700000001 + n},s,80\n" for n in range(48)))
    alone = os.path.join(folder, "alone.db")
    run("--history", alone, "import", bad, "--time-unit", "seconds")
    with open(bad, "w", encoding="utf-8") as f:
        f.write("time,host,latency_ms\n" + "".join(f"{1700006400 + n / 10:.1f},many,{20 if n % 2 else 300 if n < 200 else 20}\n" for n in range(100_000)))
    run("--history", alone, "import", bad, "--time-unit", "seconds")
    with open(bad, "w", encoding="utf-8") as f:
        f.write("time,host,latency_ms,jitter_ms\n1700006401,wild,20,1e7\n1700006402,wild,20,1\n1700006401,mad,20,1e7\n")
    run("--history", alone, "import", bad, "--time-unit", "seconds")
    done = subprocess.run([REPORT, "--history", alone, "--from", "2023-11-14", "--days", "2", "--format", "csv"], capture_output=True, text=True)
    rows = list(csv.DictReader(done.stdout.splitlines()))
    check("a score alone", any(r["host"] == "s" and r["samples"] == "48" and r["score_mean"] == "80" for r in rows), rows)
    check("counts are digits", any(r["host"] == "many" and r["samples"] == "100000" for r in rows), rows)
    check("of no sample no share is available", any(r["host"] == "mad" and r["samples"] == "0" and r["available"] == "" for r in rows), rows)
    check("what is beyond belief is said", "2 samples are in no number" in done.stderr and
          any(r["host"] == "wild" and r["samples"] == "1" for r in rows), done.stderr, rows)
    done = subprocess.run([REPORT, "--history", alone, "--from", "2023-11-14", "--days", "2", "--format", "csv", "--show", "incidents"],
                          capture_output=True, text=True)
    check("incidents that are not listed are said", len(done.stdout.splitlines()) == 33 and "; 68 more are counted" in done.stderr, done.stderr)
    text = run("--history", alone, "--from", "2023-11-14", "--days", 2, "--show", "incidents", "--html", file)
    check("in tables too", "without 68 shorter ones" in text and "the table below lists the longest" in open(file).read(), text[:200])
    # The same every day, now exact and now rounded: that is no change of level.
    r = random.Random(4)
    with open(bad, "w", encoding="utf-8") as f:
        f.write("time,host,latency_ms,bandwidth_mbps\n")
        for day in range(28):
            step = 300 if day < 14 else 5  # of which there are more than a digest keeps
            f.writelines(f"{1700006400 + 86_400 * day + n * step},a,{128.1 + 0.005 * r.random():.4f},{25_000 if r.random() < 0.75 else 9000}\n"
                         for n in range(86_400 // step))
    run("--history", alone, "import", bad, "--time-unit", "seconds")
    a = json.loads(run("--history", alone, "--from", "2023-11-15", "--days", 28, "--host", "a", "--format", "json"))
    check("to sample more often is no change", a["hosts"][0]["changes"]["latency_ms"] == [] and
          not a["hosts"][0]["trend"]["latency_ms"]["significant"], a["hosts"][0])
    check("fast lines have medians", all(close(d["bandwidth_median_mbps"], 25_000, 1 / 2000) for d in a["days"]), a["days"][:2])
    with open(bad, "w", encoding="utf-8") as f:
        f.write("time,host,latency_ms\n1700000001,a,5e-324\n1700000301,a,0\n")
    run("--history", mapped, "import", bad, "--time-unit", "seconds")
    run("--history", mapped, "--from", "2023-11-14", "--days", 1, "--html", file)
    with open(bad, "w", encoding="utf-8", newline="") as f:
        f.write("time,host,latency_ms\r\n\r\n1700000001,a,1\r\n\r\n1700000002,a,2\r\n\r\n")
    text = run("--history", mapped, "import", bad, "--time-unit", "seconds")
    check("lines that are empty", text.startswith("2 rows read, 2 written"), text)
    # Of a file about players only what players say counts.
    with open(bad, "w", encoding="utf-8") as f:
        f.write("time,host,latency_ms,packet_loss\n" + "".join(f"{1700000000 + 3600 * n},a,{n % 7},x\n" for n in range(20)))
    samples = os.path.join(folder, "samples.csv")
    with open(samples, "w", encoding="utf-8") as f:
        f.write("time,host,latency_ms\n" + "".join(f"{1700000000 + 3600 * n},a,{n % 7 + 1}\n" for n in range(20)))
    hours = os.path.join(folder, "hours.db")
    run("--history", hours, "import", samples, "--time-unit", "seconds")
    rows = json.loads(run("--history", hours, "--from", "2023-11-14", "--days", 3, "--format", "json", "--experience", bad,
                          "--experience-time-unit", "seconds", "--experience-column", "latency_ms"))["hosts"][0]["correlation"]
    text = run("--history", hours, "--from", "2023-11-14", "--days", 3, "--show", "correlation", "--experience", bad, "--experience-time-unit",
               "seconds", "--experience-column", "latency_ms", "--experience-lag-minutes", 1.5)
    check("half a minute is one", re.search("experience +1.50 ", text), text)
    row = next(r for r in rows if r["first"] == "latency_ms" and r["second"] == "experience")
    check("experience under one of our names", row["pairs"] == 20 and close(row["r"], 1), row)
    # What the seconds of a time in milliseconds would be.
    with open(bad, "w", encoding="utf-8") as f:
        f.write("time,host,latency_ms\n1700000001,a,2\n")
    check("seconds for milliseconds", "expected milliseconds" in run("--history", fresh, "import", bad, "--time-unit",
                                                                     "milliseconds", code=2))
    for store, why in [("", "expected a file"), ("mysql:db=x", "mariadb: and words"), ("file:x.db", "mariadb: and words"), ("mariadb:", "a database"),
                       ("mariadb:db=x host", "NAME=VALUE"), ("mariadb:db=x password=y", "HOSTPICK_HISTORY_PASSWORD"),
                       ("mariadb:db=x pass='y z'", "HOSTPICK_HISTORY_PASSWORD"), ("mariadb:db='x", "NAME=VALUE"),
                       ("mariadb://u@h/x", "NAME=VALUE"), ("postgresql://u@h/x", "NAME=VALUE"), (folder, "in this folder")]:
        text = run("--history", store, code=2)
        check(f"a history in {store!r}", why in text and "y" not in text.split(":")[-1].split(), text)
    check("no database", "is no database of SQLite" in run("--history", bad, code=2))
    with open(folder + "/empty.db", "w", encoding="utf-8"):
        pass
    check("an empty one", "nothing has been written there yet" in run("--history", folder + "/empty.db", code=2))


with tempfile.TemporaryDirectory() as folder:
    stores = {"SQLite": os.path.join(folder, "history.db")}
    missing = PrivateMariadb.missing()
    mariadb = None
    try:
        if missing is None:
            mariadb = PrivateMariadb(folder)
            stores["MariaDB"] = mariadb.target
        else:
            print(f"MariaDB left out: there is no {missing}")
        for name, zone, first, last, hosts in made_up():
            file = os.path.join(folder, "made_up.csv")
            n = write_csv(file, hosts)
            texts = []
            for kind, store in stores.items():
                one = store + "." + name.replace(" ", "") if kind == "SQLite" else store
                if kind == "MariaDB":
                    mariadb.run("DROP DATABASE hostpick; CREATE DATABASE hostpick")
                for _ in range(2):  # the second time changes nothing
                    text = run("--history", one, "import", file, "--column", "time=when",
                               "--time-unit", "milliseconds")
                    check("import", text.startswith(f"{n} rows read, {n} written"), text, n)
                lags, stretch = {"spring": ((0,), 60), "autumn": ((0, 30, 90), 17)}.get(name, ((90, 0), 60))
                texts.append(compare(f"{name}, {kind}", one, hosts, zone, first, last,
                                     experience(folder, hosts, name != "leap day"), lags, stretch))
            check(f"{name}: the same bytes from either store", len(set(texts)) == 1)
        outputs(folder, stores["SQLite"] + ".spring")
        if os.path.isdir(DATA):
            for store in stores.values():
                if store.startswith("mariadb"):
                    mariadb.run("DROP DATABASE hostpick; CREATE DATABASE hostpick")
                brisbane(folder, store)
                if store.startswith("mariadb"):
                    mariadb.run("DROP DATABASE hostpick; CREATE DATABASE hostpick")
                netrics(store if store.startswith("mariadb") else store + ".netrics")
        else:
            print("real measurements left out: there is no " + DATA)
    finally:
        if mariadb:
            mariadb.stop()
print("wrong:" if faults else "all as it should be", faults or "")
sys.exit(1 if faults else 0)
