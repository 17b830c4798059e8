# SPDX-License-Identifier: MIT
"""against_promtool.py ALERT_SERIES: random rules and series with gaps, NaN and infinities have, after
each evaluation, the alerts that Prometheus has: `promtool test rules` compares them."""
import os
import random
import shutil
import subprocess
import sys
import tempfile

STEPS, RULES, STEP_S = 60, 60, 15


def series(rng, threshold):
    """Long runs on either side, ties with the threshold, gaps."""
    values, side = [], rng.random() < 0.5
    stay = rng.choice([0.5, 0.8, 0.95])
    for _ in range(STEPS):
        if rng.random() > stay:
            side = not side
        kind = rng.random()
        if kind < 0.05:
            values.append(None)
        elif kind < 0.07:
            values.append(rng.choice(["NaN", "Inf", "-Inf"]))
        elif kind < 0.12:
            values.append(threshold)
        else:
            values.append(threshold + (1 if side else -1) * rng.randint(1, 40) / 8)
    return values


def text_of(x, missing):
    return missing if x is None else x if isinstance(x, str) else repr(float(x))


def main():
    promtool = shutil.which("promtool")
    if not promtool:
        print("skipped: there is no promtool here")
        sys.exit(77)
    rng = random.Random(int(sys.argv[2]) if len(sys.argv) > 2 else 1)
    rules = []
    for _ in range(RULES):
        threshold = rng.randint(-8, 80) / 4
        rules.append((rng.choice(["above", "below"]), threshold, STEP_S * rng.choice([0, 0, 1, 2, 3, 8]),
                      STEP_S * rng.choice([0, 0, 1, 2, 5]), series(rng, threshold)))
    given = "".join(f"{side} {threshold!r} {for_s} {keep_s} {STEPS} " +
                    " ".join(text_of(x, "-") for x in values) + "\n"
                    for side, threshold, for_s, keep_s, values in rules)
    states = subprocess.run([sys.argv[1]], input=given, capture_output=True, text=True,
                            check=True).stdout.split()
    assert [len(s) for s in states] == [STEPS] * RULES
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "rules.yml"), "w") as f:
            f.write("groups:\n- name: all\n  rules:\n")
            for n, (side, threshold, for_s, keep_s, _) in enumerate(rules):
                f.write(f"  - alert: a{n}\n    expr: v{n} {'>' if side == 'above' else '<'} {threshold!r}\n"
                        f"    for: {for_s}s\n    keep_firing_for: {keep_s}s\n")
        with open(os.path.join(folder, "test.yml"), "w") as f:
            f.write(f"rule_files: [rules.yml]\nevaluation_interval: {STEP_S}s\ntests:\n"
                    f"- interval: {STEP_S}s\n  input_series:\n")
            for n, (*_, values) in enumerate(rules):
                f.write(f"  - series: v{n}\n    values: '{' '.join(text_of(x, 'stale') for x in values)}'\n")
            f.write("  promql_expr_test:\n")
            for step in range(STEPS):
                active = [(n, s[step]) for n, s in enumerate(states) if s[step] != "i"]
                f.write(f"  - expr: ALERTS\n    eval_time: {step * STEP_S}s\n    exp_samples:"
                        + ("" if active else " []") + "\n")
                for n, state in active:
                    name = {"p": "pending", "f": "firing"}[state]
                    f.write(f"    - labels: 'ALERTS{{alertname=\"a{n}\", alertstate=\"{name}\"}}'\n      value: 1\n")
        done = subprocess.run([promtool, "test", "rules", "test.yml"], cwd=folder, capture_output=True, text=True)
    if done.returncode != 0:
        print((done.stdout + done.stderr)[:4000])
        sys.exit(1)
    counts = {name: sum(s.count(name[0]) for s in states) for name in ("inactive", "pending", "firing")}
    assert min(counts.values()) > 100, counts
    print(f"{RULES} rules at {STEPS} evaluations: as Prometheus has them", counts)


main()
