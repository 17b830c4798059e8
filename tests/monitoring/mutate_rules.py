#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Breaks the rules one place at a time and asks promtool whether the rule tests notice.

    mutate_rules.py PROMTOOL RULES_FOLDER TESTS_FOLDER

What is broken: every number, every range, `for`, `keep_firing_for`, the severity, and each operand of
`and`, `or` and `unless`. A rule that could be changed without a red test is named, and the exit code
is 1.
"""
import concurrent.futures
import copy
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import yaml

NUMBER = re.compile(r"(?<![\w.{\"])\d+(?:\.\d+)?(?![\w.\"])")
RANGE = re.compile(r"\[(\d+)([smhd])\]")
SET_OPERATOR = re.compile(r"\b(?:and|or|unless)\b(?: on \([^)]*\))?")


def changed_numbers(expr):
    for match in NUMBER.finditer(expr):
        value = float(match.group())
        for other in (value * 0.8, value * 1.25) if value else (1,):
            yield expr[: match.start()] + f"{other:g}" + expr[match.end() :]


def changed_ranges(expr):
    for match in RANGE.finditer(expr):
        seconds = int(match.group(1)) * {"s": 1, "m": 60, "h": 3600, "d": 86400}[match.group(2)]
        for other in (seconds // 4, seconds * 4):
            yield expr[: match.start()] + f"[{other}s]" + expr[match.end() :]


def lost_operands(expr):
    operators = list(SET_OPERATOR.finditer(expr))
    for i, operator in enumerate(operators):
        end = operators[i + 1].start() if i + 1 < len(operators) else len(expr)
        yield expr[: operator.start()] + expr[end:]
    if operators:
        yield expr[operators[0].end() :]


def mutants_of(rule):
    for change in (changed_numbers, changed_ranges, lost_operands):
        for expr in change(rule["expr"]):
            yield {**rule, "expr": expr}, " ".join(expr.split())
    for key in ("for", "keep_firing_for"):
        if key in rule:
            without = {k: v for k, v in rule.items() if k != key}
            yield without, f"without {key}"
            number, unit = re.fullmatch(r"(\d+)([smh])", rule[key]).groups()
            yield {**rule, key: f"{4 * int(number)}{unit}"}, f"{key}: 4 x {rule[key]}"
    if "labels" in rule:
        yield {**rule, "labels": {"severity": "none"}}, "severity: none"


def mutants(rules):
    for name, content in rules.items():
        for g, group in enumerate(content["groups"]):
            for r, rule in enumerate(group["rules"]):
                for changed, what in mutants_of(rule):
                    broken = copy.deepcopy(rules)
                    broken[name]["groups"][g]["rules"][r] = changed
                    yield broken, f"{rule.get('alert') or rule['record']}: {what}"


def run(promtool, rules, tests):
    """What `promtool test rules` makes of these rules: its exit code and output."""
    with tempfile.TemporaryDirectory() as scratch:
        for name, content in rules.items():
            pathlib.Path(scratch, name).write_text(yaml.safe_dump(content))
        paths = []
        for test in tests:
            text = re.sub("(?m)^rule_files:.*$", f"rule_files: {[*rules]}", test.read_text())
            paths.append(pathlib.Path(scratch, test.name))
            paths[-1].write_text(text)
        done = subprocess.run([promtool, "test", "rules", *paths], capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr


def tests_for(what, tests):
    """Hours and days take longest, and have something to say about a few rules only."""
    yield tests / "rules_test.yml"
    if re.search("Moves|History|[Ll]oss", what):
        yield tests / "rules_hours_test.yml"
    if re.search("capacity|Bandwidth", what):
        yield tests / "baseline_test.yml"


def main(promtool, rules, tests):
    tests = pathlib.Path(tests)
    rules = {p.name: yaml.safe_load(p.read_text()) for p in sorted(pathlib.Path(rules).glob("*.yml"))}
    code, output = run(promtool, rules, sorted(tests.glob("*_test.yml")))
    if code != 0:
        sys.exit("the rules as they are do not pass:\n" + output)

    def verdict(mutant):
        broken, what = mutant
        return what, *run(promtool, broken, tests_for(what, tests))

    survivors, count = 0, 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for what, code, output in pool.map(verdict, mutants(rules)):
            count += 1
            if code == 0:
                survivors += 1
                print("no test noticed:", what)
            elif "got:" not in output:
                sys.exit(f"not a test went red, but the rule is no rule: {what}\n{output}")
    print(f"{count - survivors} of {count} broken rules were noticed")
    return 1 if survivors or count < 50 else 0


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
