#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Draws what choosing from a table costs a host, beside the standard way and reading the columns.

    hostpick_bench --benchmark_filter=^table/ --benchmark_format=json >table.json
    bench/plot.py table.json table.svg

Of several repetitions it takes the median. Needs matplotlib (Debian: python3-matplotlib)."""
import argparse
import json
import math
import re
import statistics
import sys

PANELS = (1, 10, 100)
NANOSECONDS = {"ns": 1, "us": 1e3, "ms": 1e6, "s": 1e9}

# Colours that everybody tells apart (Okabe and Ito), and shapes for those who print in grey.
# label, colour, marker, line, whether the label stands below it
WAYS = {
    "standard": ("fastest\nstandard way", "#D55E00", "s", "-", False),
    "ours": ("hostpick", "#0072B2", "o", "-", False),
    "read": ("reading\nthe columns", "#555555", "^", (0, (4, 2)), True),
}


class Unusable(Exception):
    pass


def read_results(path):
    """{k: {hosts: {way: nanoseconds of a host}}}"""
    try:
        with open(path, encoding="utf-8") as file:
            entries = json.load(file)["benchmarks"]
    except OSError as error:
        raise Unusable(f"{path}: {error.strerror}") from None
    except ValueError as error:
        raise Unusable(f"{path}: this is not JSON: {error}") from None
    except (KeyError, TypeError):
        raise Unusable(f"{path}: no benchmarks in it; was it --benchmark_format=json?") from None

    runs, medians = {}, {}
    for entry in entries:
        match = re.match(r"table/(\d+)/(\d+)(?![\d])", entry.get("name", ""))
        if not match:
            continue
        if entry.get("error_occurred"):
            raise Unusable(f"{path}: {entry['name']}: {entry.get('error_message', 'failed')}")
        where = int(match[2]), int(match[1])
        if entry.get("run_type") != "aggregate":
            runs.setdefault(where, []).append(per_host(path, entry, where[1]))
        elif entry.get("aggregate_name") == "median":
            medians[where] = [per_host(path, entry, where[1])]
    if not runs and not medians:
        raise Unusable(f"{path}: no table/<hosts>/<k> in it; was it --benchmark_filter=^table/?")

    results = {}
    for (k, hosts), each in {**medians, **runs}.items():
        results.setdefault(k, {})[hosts] = {
            way: statistics.median(run[way] for run in each) for way in WAYS}
    for k in PANELS:
        if k not in results:
            raise Unusable(f"{path}: no table/<hosts>/{k} in it")
    return results


def per_host(path, entry, hosts):
    def number(key):
        value = entry.get(key)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < 1e300:
            raise Unusable(f"{path}: {entry['name']} lacks a {key} above 0")
        return value

    unit = entry.get("time_unit", "ns")
    if unit not in NANOSECONDS:
        raise Unusable(f"{path}: {entry['name']}: no such unit of time: {unit}")
    ours = number("real_time") * NANOSECONDS[unit] / hosts
    return {"ours": ours, "standard": ours * number("over_std"), "read": ours / number("over_read")}


def draw(results, path):
    import matplotlib
    matplotlib.use("svg")
    # Letters as outlines look the same everywhere; a fixed salt gives the same bytes every time.
    matplotlib.rcParams.update({
        "svg.hashsalt": "hostpick", "svg.fonttype": "path", "font.family": "DejaVu Sans",
        "font.size": 10, "axes.spines.top": False, "axes.spines.right": False,
        "axes.edgecolor": "#888888", "text.color": "#222222", "axes.labelcolor": "#222222",
        "xtick.color": "#444444", "ytick.color": "#444444"})
    from matplotlib import pyplot, ticker

    # 900 pixels wide: an inch of SVG has 72 points, and a page shows a point as 4/3 of a pixel.
    figure, panels = pyplot.subplots(1, len(PANELS), sharex=True, sharey=True, figsize=(9.375, 3.9))
    for panel, k in zip(panels, PANELS):
        sizes = sorted(results[k])
        for way, (_, colour, marker, line, _) in WAYS.items():
            panel.plot(sizes, [results[k][n][way] for n in sizes], color=colour, marker=marker,
                       linestyle=line, linewidth=2, markersize=5)
        panel.set_xscale("log")
        panel.set_yscale("log")
        panel.set_title("the best host" if k == 1 else f"the best {k}", fontsize=11, loc="left")
        panel.grid(True, which="major", color="#e4e4e4", linewidth=0.8)
        panel.set_axisbelow(True)
        panel.minorticks_off()
        panel.tick_params(length=3)
        put_labels(panel, results[k])
    panels[0].set_ylabel("nanoseconds per host")
    panels[0].yaxis.set_major_formatter(ticker.FuncFormatter(lambda y, _: f"{y:g}"))
    panels[0].xaxis.set_major_locator(ticker.LogLocator(base=10, numticks=12))
    panels[0].xaxis.set_major_formatter(ticker.FuncFormatter(short))
    panels[1].set_xlabel("hosts in the table")
    panels[0].margins(x=0.08, y=0.22)
    figure.tight_layout(w_pad=1.5)
    figure.savefig(path, format="svg", facecolor="white",
                   metadata={"Date": None, "Creator": None, "Title": "Choosing from a table of hosts"})


def short(x, _):
    for power, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if x >= power:
            return f"{x / power:g} {letter}"
    return f"{x:g}"


def put_labels(panel, points):
    """Each line's name where the line is flattest: the upper two above it, the lowest below."""
    half = 1.1  # of a label's width, in powers of ten
    x = [math.log10(size) for size in sorted(points)]
    if x[-1] - x[0] <= 2 * half:
        half = (x[-1] - x[0]) / 2
    for way, (label, colour, *_, below) in WAYS.items():
        y = [math.log10(points[size][way]) for size in sorted(points)]

        def under(middle):
            return [at(x, y, middle + half * step / 10) for step in range(-10, 11)]

        middles = [x[0] + half + (x[-1] - x[0] - 2 * half) * step / 50 for step in range(51)]
        middle = min(middles, key=lambda m: round(max(under(m)) - min(under(m)), 3))
        height = min(under(middle)) if below else max(under(middle))
        panel.annotate(label, (10 ** middle, 10 ** height), (0, -7 if below else 7),
                       textcoords="offset points", color=colour, fontsize=9.5, linespacing=1.0,
                       ha="center", va="top" if below else "bottom",
                       weight="bold" if way == "ours" else "normal")


def at(x, y, where):
    """The height of a line through points."""
    for x0, x1, y0, y1 in zip(x, x[1:], y, y[1:]):
        if where <= x1:
            return y0 + (y1 - y0) * (where - x0) / (x1 - x0)
    return y[-1]


def main():
    parser = argparse.ArgumentParser(
        description="Draws nanoseconds per host of hostpick_bench's table/<hosts>/<k>.")
    parser.add_argument("results", metavar="IN.json",
                        help="what --benchmark_filter=^table/ --benchmark_format=json prints")
    parser.add_argument("picture", metavar="OUT.svg")
    arguments = parser.parse_args()
    try:
        results = read_results(arguments.results)
    except Unusable as error:
        sys.exit(f"plot.py: {error}")
    try:
        draw(results, arguments.picture)
    except ImportError as error:
        sys.exit(f"plot.py: {error}; Debian's package is python3-matplotlib")
    except OSError as error:
        sys.exit(f"plot.py: {arguments.picture}: {error.strerror}")


if __name__ == "__main__":
    main()
