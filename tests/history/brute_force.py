# SPDX-License-Identifier: MIT
"""The reports of a history, evaluated the long way: all samples in lists, nothing clever."""
import math
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

LIMIT_MS, CEILING_MS, GAP_MS, MINUTE_MS = 200, 1000, 15 * 60 * 1000, 60_000


def zone_of(name):
    if name[0] in "+-":
        sign = -1 if name[0] == "-" else 1
        return timezone(sign * timedelta(hours=int(name[1:3]), minutes=int(name[4:6])))
    return ZoneInfo(name)


def midnight(day, zone):
    """The first millisecond of a day."""
    return round(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp() * 1000)


def nearest_rank(xs, q):
    xs = sorted(xs)
    return xs[max(0, math.ceil(q * len(xs) - 1e-9) - 1)] if xs else None


def mean(xs):
    return math.fsum(xs) / len(xs) if xs else None


def median(xs):
    xs, n = sorted(xs), len(xs)
    return None if n == 0 else xs[n // 2] if n % 2 else (xs[n // 2 - 1] + xs[n // 2]) / 2


def has_failed(s):
    return s["failed"] or (s["loss"] is not None and s["loss"] >= 1) or \
        (s["latency"] is not None and s["latency"] > CEILING_MS)


def column(samples, name, above=-1):
    return [s[name] for s in samples if not has_failed(s) and s[name] is not None
            and s[name] > above]


def runs(samples):
    """Runs of bad samples, cut at no midnight."""
    all_, open_ = [], None
    for s in samples:
        bad = has_failed(s) or (s["latency"] is not None and s["latency"] > LIMIT_MS)
        if bad:
            if open_ is None or s["at"] - open_[-1]["at"] > GAP_MS:
                open_ = []
                all_.append(open_)
            open_.append(s)
        elif s["latency"] is not None:
            open_ = None
    return all_


def daily(history, first, last, zone):
    """Rows as the report has them. `history`: {host: [sample, ...]}, in the order of time."""
    rows = []
    for host, samples in history.items():
        episodes = runs(samples)
        day = first
        while day <= last:
            a, b = midnight(day, zone), midnight(day + timedelta(days=1), zone)
            here = [s for s in samples if a <= s["at"] < b]
            if here:
                latency = column(here, "latency")
                judged = [s for s in here if has_failed(s) or s["latency"] is not None]
                later = [s for s in samples if s["at"] >= b and (has_failed(s) or s["latency"] is not None)]
                going_on = [e[0]["at"] for e in episodes if judged and judged[-1] in e and
                            (not any(s["at"] < midnight(last + timedelta(days=1), zone) for s in later) or later[0] in e)]
                rows.append({
                    "going_on": going_on,
                    "day": day.isoformat(), "host": host, "from_ms": a, "to_ms": b,
                    "samples": len(here), "failed": sum(map(has_failed, here)),
                    "available": 1 - sum(map(has_failed, here)) / len(here),
                    "failed_bandwidths": sum(not has_failed(s) and s["bandwidth"] == 0
                                             for s in here),
                    "latency_mean_ms": mean(latency), "latency_median_ms": median(latency),
                    "latency_p5_ms": nearest_rank(latency, 0.05),
                    "latency_p95_ms": nearest_rank(latency, 0.95),
                    "latency_min_ms": min(latency, default=None),
                    "latency_max_ms": max(latency, default=None),
                    "score_mean": mean(column(here, "score")),
                    "jitter_mean_ms": mean(column(here, "jitter")),
                    "packet_loss_mean": mean(column(here, "loss")),
                    "bandwidth_mean_mbps": mean(column(here, "bandwidth", 0)),
                    "bandwidth_median_mbps": median(column(here, "bandwidth", 0)),
                    "bad_samples": sum(a <= s["at"] < b for e in episodes for s in e),
                    "incidents": sum(a <= e[0]["at"] < b for e in episodes)})
            day += timedelta(days=1)
    rows.sort(key=lambda r: r["host"])
    rows.sort(key=lambda r: (-r["from_ms"], r["latency_mean_ms"] is None,
                             r["latency_mean_ms"] or 0))
    return rows


def hourly(samples, first, last, zone):
    a, b = midnight(first, zone), midnight(last + timedelta(days=1), zone)
    bins = [[] for _ in range(24)]
    for s in samples:
        if a <= s["at"] < b:
            bins[datetime.fromtimestamp(s["at"] / 1000, zone).hour].append(s)
    rows = []
    for hour, here in enumerate(bins):
        latency, bandwidth = column(here, "latency"), column(here, "bandwidth", 0)
        rows.append({"hour": hour, "latencies": len(latency), "latency_mean_ms": mean(latency),
                     "latency_p50_ms": nearest_rank(latency, 0.5),
                     "latency_p95_ms": nearest_rank(latency, 0.95),
                     "bandwidths": len(bandwidth),
                     "bandwidth_p10_mbps": nearest_rank(bandwidth, 0.1),
                     "bandwidth_p50_mbps": nearest_rank(bandwidth, 0.5)})
    return rows


def by_weekday(samples, first, last, zone):
    """Median latencies of the hours of each weekday, from Monday."""
    a, b = midnight(first, zone), midnight(last + timedelta(days=1), zone)
    cells = [[[] for _ in range(24)] for _ in range(7)]
    for s in samples:
        if a <= s["at"] < b:
            at = datetime.fromtimestamp(s["at"] / 1000, zone)
            cells[at.weekday()][at.hour].append(s)
    return [[nearest_rank(column(c, "latency"), 0.5) for c in day] for day in cells]


def slope_per_day(points):
    """Theil and Sen: the median of the slopes of all pairs of days; points are (ms, number)."""
    if len(points) < 5:
        return None
    return median([(q[1] - p[1]) / (q[0] - p[0]) * 86_400_000
                   for i, p in enumerate(points) for q in points[i + 1:]])


def crossing_ms(points, slope, limit):
    """When the line of that slope through the medians of days has the limit."""
    at, level = median([p[0] for p in points]), median([p[1] for p in points])
    return at + (limit - level) / slope * 86_400_000


def correlations(samples, first, last, zone, one, other, experience=(), lag_ms=0, stretch_ms=3_600_000):
    """Spearman's and Pearson's of the means of stretches of time in which both are known, how many there are, and
    what these ranks are worth; nothing of fewer than three."""
    a, b = midnight(first, zone), midnight(last + timedelta(days=1), zone)
    stretches = {}
    for s in samples:
        if a <= s["at"] < b:
            stretches.setdefault(s["at"] // stretch_ms, []).append(s)
    told = {}
    for at, value in experience:
        told.setdefault((at - lag_ms) // stretch_ms, []).append(value)

    def of(stretch, name):
        if name == "experience":
            return mean(told.get(stretch, []))
        return mean(column(stretches[stretch], name, 0 if name == "bandwidth" else -1))
    rows = [(of(stretch, one), of(stretch, other)) for stretch in stretches]
    rows = [r for r in rows if None not in r]
    if len(rows) < 3:
        return None, None, len(rows), None

    def ranks(xs):
        return [sum(y < x for y in xs) + (sum(y == x for y in xs) + 1) / 2 for x in xs]

    def centred(xs):
        m = mean(xs)
        return [x - m for x in xs]

    def relation(x, y):
        sxx, syy = sum(p * p for p in x), sum(q * q for q in y)
        return sum(p * q for p, q in zip(x, y)) / math.sqrt(sxx * syy) if sxx > 1e-12 and syy > 1e-12 else None

    def worth(x, y):
        """Pyper and Peterman, 1998."""
        n, total = len(x), 0
        for lag in range(1, n // 5 + 1):
            c = [sum(z[k] * z[k + lag] for k in range(n - lag)) / sum(p * p for p in z) for z in (x, y)]
            total += n / (n - lag) * c[0] * c[1]
        return max(1, n / max(1, 1 + 2 * total))
    x, y = zip(*rows)
    rank_x, rank_y = centred(ranks(x)), centred(ranks(y))
    rho = relation(rank_x, rank_y)
    return (rho, relation(centred(x), centred(y)), len(rows), worth(rank_x, rank_y) if rho is not None else None)
