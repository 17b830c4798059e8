#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The daily summary of real measurements, by pandas and by us.

usage: against_pandas.py PROGRAM DATA_FOLDER"""
import math
import os
import random
import subprocess
import sys

try:
    import pandas as pd
except ImportError:
    print("skipped: there is no pandas for " + sys.executable)
    sys.exit(77)

LIMIT_MS, CEILING_MS, GAP_MS, DAY_MS = 200, 1000, 15 * 60 * 1000, 86_400_000
METRICS = ["latency", "bandwidth", "loss", "jitter"]


def milliseconds(times):
    return (times - pd.Timestamp(0, tz="UTC")) // pd.Timedelta(milliseconds=1)


def brisbane(folder):
    f = pd.read_csv(os.path.join(folder, "speedtest_brisbane_2017-10_2018-06.csv"))
    at = milliseconds(pd.to_datetime(f["time"], utc=True))
    yield "brisbane", 600, pd.DataFrame(
        {"at": at, "latency": f["ping_ms"], "bandwidth": f["up_mbps"]})
    failed = pd.DataFrame({"at": at, "latency": f["ping_ms"], "bandwidth": f["down_mbps"]})
    failed.loc[failed.index % 37 == 5, ["latency", "bandwidth"]] = [1_800_000.0, 0.0]
    yield "brisbane with sentinels", 600, failed


def starlink(folder):
    for day in ["2024-12-12", "2025-01-30", "2025-03-13"]:
        f = pd.read_csv(os.path.join(folder, f"fjordlink_starlink_{day}.csv"))
        noon = pd.Timestamp(day + "T18:00Z")  # so that there is a midnight
        at = milliseconds(noon + pd.to_timedelta((f["t_s"] * 1000).round(), unit="ms"))
        yield "starlink " + day, 0, pd.DataFrame(
            {"at": at, "latency": f["latency_ms"], "bandwidth": f["up_mbps"],
             "loss": f["drop_ratio"]})


def netrics(folder):
    f = pd.read_csv(os.path.join(folder, "sharealike", "netrics_two_homes_2021-07.csv"))
    for host, rows in f.groupby("host"):
        yield "netrics " + host, -300, pd.DataFrame(
            {"at": milliseconds(pd.to_datetime(rows["time"], utc=True)),
             "latency": rows["rtt_max_ms"], "bandwidth": rows["ookla_up_mbps"],
             "loss": rows["ookla_loss_pct"] / 100, "jitter": rows["ookla_jitter_ms"]})


def made_up():
    """What the data may not hold: repeated times, blanks, failures, total losses, midnights."""
    r = random.Random(42)
    for n in range(40):
        at, rows = r.randrange(10**12, 2 * 10**12), []
        bad = False
        for _ in range(r.choice([0, 1, 2, 300, 900])):
            at += r.choice([0, -5, 60_000, 60_000, 300_000, 900_000, 900_001, 10**7])
            bad = bad != (r.random() < 0.15)
            latency = r.choice([200.001, 300, 999.5, 1000, 1000.5, 1e6, math.inf]) if bad else \
                r.choice([math.nan, 0, 20, 31.5, 200])
            rows.append((at, latency, r.choice([math.nan, 0, 1, 2.5]),
                         r.choice([math.nan, 0, 0.02, 0.5] + [1, 7] * bad),
                         r.choice([math.nan, 0, 3.25])))
        yield f"made up {n}", r.choice([0, 600, -720]), pd.DataFrame(
            rows, columns=["at"] + METRICS)


def episodes(rows):
    """All runs of bad samples, cut at no midnight: [(time, latency or nothing), ...]."""
    runs, open_ = [], None
    for at, latency, failed, bad in rows:
        if failed or bad:
            if open_ is None or at - open_[-1][0] > GAP_MS:
                open_ = []
                runs.append(open_)
            open_.append((at, None if failed else latency))
        elif not math.isnan(latency):
            open_ = None
    return runs


def expected(frame, offset):
    for metric in METRICS:
        if metric not in frame:
            frame[metric] = math.nan
    frame = frame[["at"] + METRICS].astype({"at": "int64"})
    lost = frame["loss"] >= 1
    frame["failed"] = (frame["latency"] > CEILING_MS) | lost
    empty = frame[METRICS].isna().all(axis=1) & ~frame["failed"]
    earlier = frame["at"].where(~empty).cummax().shift(fill_value=-1)
    frame["refused"] = empty | (frame["at"] <= earlier.ffill())
    frame["day"] = (frame["at"] + offset * 60_000) // DAY_MS * DAY_MS - offset * 60_000
    # A time that ran back over midnight is refused by the day that it came in.
    frame["day"] = frame["day"].cummax()
    frame["bad"] = frame["failed"] | (frame["latency"] > LIMIT_MS)
    good = frame[~frame["refused"]]
    runs = episodes(good[["at", "latency", "failed", "bad"]].itertuples(index=False, name=None))
    answered = good.mask(good["failed"])
    days = {}
    for day, rows in frame.groupby("day"):
        here, measured = good[good["day"] == day], answered[answered["day"] == day]
        zero = measured["bandwidth"] == 0
        latencies = sorted(measured["latency"].dropna())
        p95 = latencies[max(-(-95 * len(latencies) // 100) - 1, 0)] if latencies else None
        parts = []
        for run in runs:
            part = [s for s in run if day <= s[0] < day + DAY_MS]
            if part:
                peaks = [s[1] for s in part if s[1] is not None]
                parts.append((run[0][0], part[-1][0], int(run[0][0] < day), len(part),
                              sum(s[1] is None for s in part), max(peaks, default=None)))
        days[day] = dict(
            counts=[len(here), int(here["failed"].sum()), int(rows["refused"].sum()),
                    int(zero.sum()), int(here["bad"].sum()), sum(not p[2] for p in parts)],
            metrics=[measured["latency"], measured["bandwidth"][~zero], measured["loss"],
                     measured["jitter"]],
            p95=p95, exact=len(latencies) <= 960, episodes=parts)
    return days


def ours(program, frame, offset):
    rows = frame[["at"] + METRICS].itertuples(index=False, name=None)
    text = "".join(f"{int(r[0])}," + ",".join("" if math.isnan(x) else repr(float(x))
                                              for x in r[1:]) + "\n" for r in rows)
    out = subprocess.run([program, str(offset)], input=text, capture_output=True, text=True,
                         check=True).stdout
    days = {}
    for line in out.splitlines():
        kind, *cells = line.split(",")
        numbers = [float(c) if c else None for c in cells]
        if kind == "day":
            day = int(numbers[0])
            days[day] = dict(counts=numbers[1:7], dropped=numbers[7],
                             metrics=[numbers[8 + 4 * k:12 + 4 * k] for k in range(4)],
                             p95=numbers[24], episodes=[])
        else:
            days[day]["episodes"].append(tuple(numbers))
    return days


def near(a, b, relative, absolute=0.0):
    if a is None or b is None:
        return a is None and b is None
    return math.isclose(a, b, rel_tol=relative, abs_tol=absolute)


def compare(name, offset, frame, program):
    want, have = expected(frame, offset), ours(program, frame, offset)
    assert want.keys() == have.keys(), (name, len(want), len(have))
    for day, w in want.items():
        h = have[day]
        where = (name, pd.Timestamp(day, unit="ms"), w, h)
        assert w["counts"] == h["counts"], where
        for column, found in zip(w["metrics"], h["metrics"]):
            column = column.dropna()
            assert len(column) == found[0], where
            if len(column) == 0:
                assert found[1:] == [None, None, None], where
            else:
                assert near(column.mean(), found[1], 1e-12, 2**-30), where
                assert [column.min(), column.max()] == found[2:], where
        assert near(w["p95"], h["p95"], 0 if w["exact"] else 1 / 128), where
        if h["dropped"] == 0:
            assert w["episodes"] == h["episodes"], where
        else:
            assert len(h["episodes"]) == 32, where
            assert h["dropped"] == len(w["episodes"]) - 32, where
            assert set(h["episodes"]) <= set(w["episodes"]), where
    return len(want), sum(sum(d["counts"][0:1]) for d in want.values())


def main():
    program, folder = sys.argv[1], sys.argv[2]
    sets = list(made_up())
    if os.path.isdir(folder):
        for source in [brisbane, starlink, netrics]:
            sets += source(folder)
    else:
        print("no measurements in " + folder + ": only made up ones")
    days = samples = 0
    for name, offset, frame in sets:
        d, s = compare(name, offset, frame, program)
        days, samples = days + d, samples + s
        if not name.startswith("made up"):
            print(f"{name}: {d} days, {s} samples")
    print(f"{len(sets)} series, {days} days, {samples} samples: the same")


main()
