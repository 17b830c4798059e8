# SPDX-License-Identifier: MIT
"""starlink_alerts.py ALERT_DAYS DATA_FOLDER: days of a satellite link raise exactly the alerts of an
evaluation here, which works on whole columns: latency is the mean of a minute, loss is that of the
last five minutes, bandwidth is the mean of a minute beside that of the day so far."""
import math
import os
import subprocess
import sys

try:
    import pandas as pd
except ImportError:
    print("skipped: there is no pandas")
    sys.exit(77)

Z2 = 1.959963984540054 ** 2
PINGS = 20  # a second


def wilson_low(lost, sent):
    p = lost / sent
    return (p + Z2 / (2 * sent) - math.sqrt(Z2 * (p * (1 - p) + Z2 / (4 * sent)) / sent)) / (1 + Z2 / sent)


def runs(at, starts, ends, for_ms, keep_ms, quiet):
    """(fired, resolved) times: `starts` must hold for a time, then `ends` for another."""
    found, n = [], 0
    while n < len(at):
        if not starts[n] or quiet(at[n]):
            n += 1
            continue
        first = n
        while n < len(at) and starts[n] and not quiet(at[n]) and at[n] - at[first] < for_ms:
            n += 1
        if n == len(at) or not starts[n] or quiet(at[n]):
            continue
        fired, since = at[n], None
        n += 1
        while n < len(at):
            if not (ends[n] or quiet(at[n])):
                since = None
            elif since is None:
                since = at[n]
            if since is not None and at[n] - since >= keep_ms:
                break
            n += 1
        found.append((fired, at[n] if n < len(at) else None))
        n += 1
    return found


def main():
    program, data = sys.argv[1], sys.argv[2]
    files = sorted(f for f in os.listdir(data) if f.startswith("fjordlink_starlink_")) if os.path.isdir(data) else []
    if not files:
        print("skipped: there is no folder of measurements here")
        sys.exit(77)
    counts = {}
    for name in files:
        df = pd.read_csv(os.path.join(data, name))
        minute = (df.t_s // 60).astype(int)
        # As it was, and with more delay and loss, which raise the critical ones too.
        for stretch in (1, 3, 8):
            g = df.groupby(minute)
            latency = g.latency_ms.mean() * stretch
            lost = (df.drop_ratio * PINGS * stretch).clip(upper=PINGS).round().groupby(minute).sum()
            sent = g.size() * PINGS
            all_minutes = range(latency.index[0], latency.index[-1] + 1)
            lost5 = lost.reindex(all_minutes).fillna(0).rolling(5, min_periods=1).sum()[latency.index]
            sent5 = sent.reindex(all_minutes).fillna(0).rolling(5, min_periods=1).sum()[latency.index]
            down = g.down_mbps.mean()
            usual = down.expanding().mean()
            at = [int(m) * 60_000 for m in latency.index]
            rows = [list(map(float, r)) for r in zip(latency, lost5, sent5, down, usual)]
            given = "".join(f"{t} {r[0]!r} {int(r[1])} {int(r[2])} {r[3]!r} {r[4]!r}\n" for t, r in zip(at, rows))
            have = sorted(subprocess.run([program], input=given, capture_output=True, text=True,
                                         check=True).stdout.splitlines())
            ratio = [r[1] / r[2] for r in rows]
            low = [wilson_low(r[1], r[2]) for r in rows]
            share = [r[3] / r[4] if r[4] > 0 else None for r in rows]
            minute_ms = 60_000
            want = []

            def rule(title, starts, ends, for_ms, keep_ms, unless=None):
                # At the time at which the other one is resolved it does not fire any more.
                quiet = (lambda t: any(a <= t and (b is None or t < b) for a, b in unless)) if unless else lambda t: False
                found = runs(at, starts, ends, for_ms, keep_ms, quiet)
                for fired, resolved in found:
                    want.append(f"{fired} {title} fired")
                    if resolved is not None:
                        want.append(f"{resolved} {title} resolved")
                counts[title] = counts.get(title, 0) + len(found)
                return found

            both = dict(for_ms=2 * minute_ms, keep_ms=5 * minute_ms)
            far = rule("HostpickLatencyCritical", [r[0] > 200 for r in rows], [r[0] <= 180 for r in rows], **both)
            rule("HostpickLatencyWarning", [r[0] > 100 for r in rows], [r[0] <= 90 for r in rows], **both, unless=far)
            bad = rule("HostpickPacketLossCritical", [x > 0.02 for x in low], [x <= 0.015 for x in ratio], **both)
            rule("HostpickPacketLossWarning", [x > 0.005 for x in low], [x <= 0.004 for x in ratio], **both, unless=bad)
            rule("HostpickBandwidthBelowBaseline", [x is not None and x < 0.5 for x in share],
                 [x is None or x >= 0.6 for x in share], 10 * minute_ms, 10 * minute_ms)
            if have != sorted(want):
                print(name, stretch, "only there:", sorted(set(have) - set(want))[:9], "only here:", sorted(set(want) - set(have))[:9])
                sys.exit(1)
    print(len(files), "days, the same alerts:", counts)
    assert all(counts.values()), counts


main()
