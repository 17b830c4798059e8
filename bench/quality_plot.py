#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Draws what rules lose by their choices against how often they move.

    quality_bench --json quality.json
    bench/quality_plot.py quality.json quality.svg

One panel for each data set, of its test part. Needs matplotlib (Debian: python3-matplotlib)."""
import argparse
import json
import math
import sys

OURS = "hostpick"
OURS_BLUE = "#0072B2"
OURS_MARKERS = ["o", "d", "s"]
# Colours that everybody tells apart (Okabe and Ito), and shapes for those who print in grey.
COLOURS = ["#E69F00", "#56B4E9", "#009E73", "#CC79A7", "#D55E00", "#F0E442", "#999999"]
MARKERS = ["s", "^", "v", "D", "P", "X", "<", ">", "p", "h", "*"]
MEMBERS = {"data": str, "part": str, "rule": str, "regret_ms": (int, float),
           "moves_per_hour": (int, float), "seconds_above_200ms": (int, float)}


class Unusable(Exception):
    pass


def is_ours(rule):
    return rule == OURS or rule.startswith(OURS + ",")


def read_results(path, part):
    """{data: {rule: (moves per hour, regret in ms)}}, in the order of the file"""
    try:
        with open(path, encoding="utf-8") as file:
            entries = json.load(file)
    except OSError as error:
        raise Unusable(f"{path}: {error.strerror}") from None
    except ValueError as error:
        raise Unusable(f"{path}: this is not JSON: {error}") from None
    if not isinstance(entries, list):
        raise Unusable(f"{path}: expected an array; was it quality_bench --json?")
    results = {}
    for number, entry in enumerate(entries):
        for name, kind in MEMBERS.items():
            value = entry.get(name) if isinstance(entry, dict) else None
            if not isinstance(value, kind) or isinstance(value, bool) or (
                    kind is not str and not math.isfinite(value)):
                raise Unusable(f"{path}: entry {number}: no {name}")
        if entry["part"] == part:
            results.setdefault(entry["data"], {})[entry["rule"]] = (
                entry["moves_per_hour"], entry["regret_ms"])
    if not results:
        raise Unusable(f"{path}: no part {part} in it")
    return results


def few_decades(rules):
    regrets = [max(regret, 0.01) for _, regret in rules.values()]
    return max(regrets) < 30 * min(regrets)


def draw(results, path):
    import matplotlib
    matplotlib.use("svg")
    # Letters as outlines look the same everywhere; a fixed salt gives the same bytes every time.
    matplotlib.rcParams.update({
        "svg.hashsalt": "hostpick", "svg.fonttype": "path", "font.family": "DejaVu Sans",
        "font.size": 9, "axes.spines.top": False, "axes.spines.right": False,
        "axes.edgecolor": "#888888", "text.color": "#222222", "axes.labelcolor": "#222222",
        "xtick.color": "#444444", "ytick.color": "#444444"})
    from matplotlib import pyplot, ticker

    columns = min(4, len(results) + 1)
    rows = math.ceil((len(results) + 1) / columns)
    figure, panels = pyplot.subplots(rows, columns, figsize=(2.6 * columns, 3 * rows),
                                     squeeze=False)
    panels = list(panels.flat)
    names = dict.fromkeys(rule for rules in results.values() for rule in rules)
    ours = sorted(rule for rule in names if is_ours(rule))
    others = [rule for rule in names if not is_ours(rule)]
    styles = {rule: (COLOURS[n % len(COLOURS)], MARKERS[n % len(MARKERS)])
              for n, rule in enumerate(others)}
    styles |= {rule: (OURS_BLUE, OURS_MARKERS[n % len(OURS_MARKERS)])
               for n, rule in enumerate(ours)}
    handles = {}
    for panel, (data, rules) in zip(panels, results.items()):
        for rule, (moves, regret) in rules.items():
            colour, marker = styles[rule]
            handles[rule] = panel.plot(
                [moves], [max(regret, 0.01)], color=colour, marker=marker, linestyle="none",
                markersize=9 if rule == OURS else 6, markeredgecolor="#222222",
                markeredgewidth=0.5, zorder=3 if is_ours(rule) else 2, label=rule,
                clip_on=False)[0]
        panel.set_yscale("log")
        panel.set_xlim(left=0)
        panel.set_title(data, fontsize=10, loc="left")
        panel.grid(True, which="major", color="#e4e4e4", linewidth=0.8)
        panel.set_axisbelow(True)
        steps = (1, 2, 5) if few_decades(rules) else (1,)
        panel.yaxis.set_major_locator(ticker.LogLocator(subs=steps))
        panel.minorticks_off()
        panel.yaxis.set_major_formatter(ticker.FuncFormatter(lambda y, _: f"{y:g}"))
    for n, panel in enumerate(panels[:len(results)]):
        if n % columns == 0:
            panel.set_ylabel("regret, ms")
        if n + columns >= len(results):
            panel.set_xlabel("moves per hour")
    for panel in panels[len(results):]:
        panel.axis("off")
    order = ours + others
    panels[len(results)].legend([handles[rule] for rule in order], order, loc="center left",
                                frameon=False, fontsize=7.5, labelspacing=0.3,
                                bbox_to_anchor=(-0.15, 0.5))
    figure.tight_layout()
    figure.savefig(path, format="svg", facecolor="white",
                   metadata={"Date": None, "Creator": None, "Title": "Regret and moves of rules"})


def main():
    parser = argparse.ArgumentParser(description="Draws regret against moves per hour.")
    parser.add_argument("results", metavar="IN.json", help="what quality_bench --json writes")
    parser.add_argument("picture", metavar="OUT.svg")
    parser.add_argument("--part", default="test", help="tuning or test (%(default)s)")
    arguments = parser.parse_args()
    try:
        results = read_results(arguments.results, arguments.part)
    except Unusable as error:
        sys.exit(f"quality_plot.py: {error}")
    try:
        draw(results, arguments.picture)
    except ImportError as error:
        sys.exit(f"quality_plot.py: {error}; Debian's package is python3-matplotlib")
    except OSError as error:
        sys.exit(f"quality_plot.py: {arguments.picture}: {error.strerror}")


if __name__ == "__main__":
    main()
