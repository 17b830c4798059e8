#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Pearson's and Spearman's correlation and the Theil-Sen trend, by SciPy and by us.

usage: against_scipy.py PROGRAM [SERIES]"""
import math
import subprocess
import sys
import warnings

try:
    import numpy as np
    from scipy import stats
except ImportError:
    print("skipped: there is no scipy for " + sys.executable)
    sys.exit(77)

warnings.simplefilter("ignore")  # of constant columns
random = np.random.default_rng(42)
DAY_MS = 86_400_000


def column(n):
    kind = random.integers(8)
    if kind == 0:
        return random.integers(0, 4, n).astype(float)  # mostly ties
    if kind == 1:
        return np.round(random.lognormal(3, 1, n), 1)
    if kind == 2:
        return random.standard_cauchy(n)
    if kind == 3:
        return random.normal(0, 1, n) * 1e90
    if kind == 4:
        return np.full(n, random.choice([0.0, 0.1, 30.0]))
    if kind == 5:
        return 1e5 + random.normal(0, 1, n)
    return random.normal(50, 20, n)


def pairs():
    n = int(random.choice([0, 1, 2, 3, 4, 5, 10, 50, 700]))
    a = column(n)
    b = column(n) if random.random() < 0.6 else a * random.choice([-2, 3]) + \
        random.choice([0, 0.1, 1]) * column(n)
    return a, b


def times(n):
    if random.random() < 0.5:
        at = np.arange(n) * random.choice([1000, 300_000, DAY_MS])
    else:
        at = random.integers(0, random.choice([n + 1, 10**6, 400 * DAY_MS]), n)
    return at.astype(float) + random.choice([0, 1.6e12])


def correlation(method, a, b):
    if len(a) < 3:
        return None
    spread = [np.abs(x - x.mean()).max() <= 1e-13 * np.abs(x).max() for x in (a, b)]
    if any(spread):
        return None
    r = float(getattr(stats, method + "r")(a, b)[0])
    if len(a) < 4:
        return [r]
    if abs(r) >= 1:
        return [r] if method == "spearman" and len(a) < 5 else [r, r, r]  # one in twelve is so by chance
    scale = 1 if method == "pearson" else 1 + r * r / 2
    half = stats.norm.ppf(0.975) * math.sqrt(scale / (len(a) - 3))
    interval = [math.tanh(math.atanh(r) - half), math.tanh(math.atanh(r) + half)]
    if method == "pearson":
        theirs = stats.pearsonr(a, b).confidence_interval(0.95)
        assert np.allclose(interval, theirs, rtol=0, atol=1e-9), (interval, theirs)
    return [r] + interval


def trend(at, y):
    if len(at) < 5 or at.min() == at.max():
        return None
    x = at - at.min()
    if len(np.unique(x)) == len(x):
        t = stats.theilslopes(y, x, 0.95)
        return [float(s) * DAY_MS for s in (t[0], t[2], t[3])]
    # SciPy leaves out what ties of both series have in common; this is Kendall's variance.
    wide = x[:, None] > x
    slopes = np.sort((y[:, None] - y)[wide] / (x[:, None] - x)[wide])
    n = len(x)
    ties = [np.unique(v, return_counts=True)[1].astype(float) for v in (x, y)]

    def falling(t, k):
        return sum(math.prod(float(c) - j for j in range(k)) for c in t)

    variance = (n * (n - 1) * (2 * n + 5) - sum((t * (t - 1) * (2 * t + 5)).sum() for t in ties)
                ) / 18 + falling(ties[0], 2) * falling(ties[1], 2) / (2 * n * (n - 1)) + \
        falling(ties[0], 3) * falling(ties[1], 3) / (9 * n * (n - 1) * (n - 2))
    half = stats.norm.ppf(0.975) * math.sqrt(max(variance, 0))
    low = max(round((len(slopes) - half) / 2) - 1, 0)
    high = min(round((len(slopes) + half) / 2), len(slopes) - 1)
    return [float(s) * DAY_MS for s in (np.median(slopes), slopes[low], slopes[high])]


def same(method, want, have, a, b):
    if method == "trend":
        # Slopes that differ only by how y was rounded may come in another order.
        steps = np.diff(np.unique(a))
        rounding = 4 * np.finfo(float).eps * np.ptp(b) / steps.min() * DAY_MS
        return all(math.isclose(w, h, rel_tol=1e-12, abs_tol=rounding)
                   for w, h in zip(want, have))
    # The interval of a correlation near 1 multiplies what rounding left of 1 - r.
    if abs(abs(want[0]) - 1) < 1e-9:
        return abs(want[0] - have[0]) < 1e-12
    return all(abs(w - h) < 1e-12 for w, h in zip(want, have))


def main():
    wanted, text = [], []
    for n in range(int(sys.argv[2]) if len(sys.argv) > 2 else 3000):
        method = ["pearson", "spearman", "trend"][n % 3]
        if method == "trend":
            size = int(random.choice([0, 1, 4, 5, 6, 20, 90, 90, 400]))
            if n % 500 == 2:
                size = 2500  # 3 million slopes: too many for us to list
            a = times(size)
            b = column(size)
            if random.random() < 0.3:
                b = b + (a - a.min() if size else 0) * random.choice([-1e-8, 1e-7])
            wanted.append((method, trend(a, b), a, b))
        else:
            a, b = pairs()
            wanted.append((method, correlation(method, a, b), a, b))
        text.append(f"{method} {len(a)}\n" +
                    "".join(f"{float(x)!r} {float(y)!r}\n" for x, y in zip(a, b)))
    out = subprocess.run([sys.argv[1]], input="".join(text), capture_output=True, text=True,
                         check=True).stdout.splitlines()
    assert len(out) == len(wanted), (len(out), len(wanted))
    counts = {}
    for (method, want, a, b), line in zip(wanted, out):
        have = None if line.startswith("- ") else [float(x) for x in line.split()]
        where = (method, want, line, len(a), a[:9], b[:9])
        assert (want is None) == (have is None), where
        assert want is None or (len(want) == len(have) and same(method, want, have, a, b)), where
        known = counts.setdefault(method, [0, 0])
        known[want is None] += 1
    for method, (known, unknown) in counts.items():
        print(f"{method}: {known} the same, {unknown} unknown to both")


main()
