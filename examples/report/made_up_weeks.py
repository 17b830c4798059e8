#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Eight weeks of three hosts that do not exist, to try reports with: made_up_weeks.py FOLDER

Writes weeks.csv, a sample each five minutes, and ratings.csv, what players said half an hour after
they had played. A home is slow in the evening and on some evenings bad; a line is upgraded on
2026-10-29; another becomes slower day by day and is cut for two hours."""
import csv
import math
import os
import random
import sys
from datetime import datetime, timedelta, timezone

START, DAYS, STEP = datetime(2026, 9, 28, tzinfo=timezone.utc), 56, timedelta(minutes=5)
UPGRADE, CUT = datetime(2026, 10, 29, tzinfo=timezone.utc), datetime(2026, 11, 15, 13, tzinfo=timezone.utc)


def evening(at):
    """0 most of the day, up to 1 at nine in the evening."""
    hour = at.hour + at.minute / 60
    return math.exp(-((hour - 21) / 2.2) ** 2)


def samples(r):
    """(time, host, latency, jitter, loss, bandwidth), blank where nothing was measured."""
    bad_evenings = {4, 13, 19, 26, 33, 41, 48, 52}
    for n in range(int(timedelta(days=DAYS) / STEP)):
        at = START + n * STEP
        day = (at - START).days
        tested = n % 6 == 0  # each half an hour
        mbps = (50 if at < UPGRADE else 80) * r.uniform(0.97, 1.0)
        yield at, "frankfurt", 22 + 3 * evening(at) + r.expovariate(1), 0.6 + r.expovariate(3), 0, mbps if tested else ""
        crowd = evening(at) * (1.6 if at.weekday() >= 5 else 1)
        bad = day in bad_evenings and evening(at) > 0.6
        latency = 28 + 22 * crowd + r.expovariate(0.4) + (r.uniform(120, 260) if bad else 0)
        loss = min(1, r.choice([0, 0, 0, 0.01]) + 0.03 * crowd * r.random() + 0.08 * bad)
        yield at, "player-42", latency, 2 + 5 * crowd + r.expovariate(1), loss, \
            18 * (1 - 0.35 * min(1, crowd)) * r.uniform(0.9, 1) if tested else ""
        if CUT <= at < CUT + timedelta(hours=2):
            yield at, "sydney", "", "", 1, ""
        else:
            yield at, "sydney", 138 + 0.4 * day + r.expovariate(0.5), 1 + r.expovariate(2), 0, \
                30 * r.uniform(0.95, 1) if tested else ""


def rating(r, latency):
    """From 1 to 5 stars."""
    return max(1, min(5, round(5.2 - latency / 45 + r.gauss(0, 0.6))))


def main(folder):
    r = random.Random(42)
    with open(os.path.join(folder, "weeks.csv"), "w", newline="") as weeks, \
            open(os.path.join(folder, "ratings.csv"), "w", newline="") as ratings:
        seen, said = csv.writer(weeks), csv.writer(ratings)
        seen.writerow(["time", "host", "latency_ms", "jitter_ms", "packet_loss", "bandwidth_mbps"])
        said.writerow(["time", "host", "stars"])
        for at, host, *numbers in samples(r):
            seen.writerow([at.isoformat(), host] + [x if x == "" else round(x, 3) for x in numbers])
            if numbers[0] != "" and r.random() < 0.1:
                said.writerow([(at + timedelta(minutes=30)).isoformat(), host, rating(r, numbers[0])])


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
